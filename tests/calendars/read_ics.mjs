// Reads a calendar from standard input with ical.js and prints what it found as JSON.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { default: ICAL } = await import(pathToFileURL(process.argv[2]));
const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, "utf8")));
const zones = calendar.getAllSubcomponents("vtimezone").map((zone) => new ICAL.Timezone(zone));
for (const zone of zones) ICAL.TimezoneService.register(zone);
const text = (event, name) => event.getFirstPropertyValue(name)?.toString() ?? null;
const instant = (event, name) => event.getFirstPropertyValue(name).toJSDate().toISOString();
const events = calendar.getAllSubcomponents("vevent").map((event) => ({
  uid: text(event, "uid"),
  sequence: event.getFirstPropertyValue("sequence"),
  status: text(event, "status"),
  start: instant(event, "dtstart"),
  end: instant(event, "dtend"),
  stamp: instant(event, "dtstamp"),
  changed: instant(event, "last-modified"),
  summary: text(event, "summary"),
  description: text(event, "description"),
  location: text(event, "location"),
  transp: text(event, "transp"),
  class: text(event, "class"),
  url: text(event, "url"),
}));
const own = calendar.getAllProperties().map((property) => property.name);
console.log(JSON.stringify({ events, zones: zones.map((zone) => zone.tzid), own }));
