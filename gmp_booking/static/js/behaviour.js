/* The registry: `behaviour(attribute, connect)` calls `connect(element, signal)` once for each element that carries the
   attribute, now and whenever one is swapped in or added; the signal aborts when the element has left the page. */
"use strict";

const behaviour = (() => {
  const registered = [];

  const start = ({ attribute, connect, connected }, root) => {
    const found = [...root.querySelectorAll(`[${attribute}]`)];
    if (root instanceof Element && root.matches(`[${attribute}]`)) found.unshift(root);
    found.filter((element) => !connected.has(element)).forEach((element) => {
      const left = new AbortController();
      connected.set(element, left);
      connect(element, left.signal);
    });
  };

  const stop = ({ connected }) => connected.forEach((left, element) => {
    if (element.isConnected) return;
    left.abort();
    connected.delete(element);
  });

  new MutationObserver((changes) => {
    if (changes.some((change) => change.removedNodes.length)) registered.forEach(stop);
    const added = changes.flatMap((change) => [...change.addedNodes]).filter((node) => node instanceof Element);
    added.forEach((root) => registered.forEach((each) => start(each, root)));
  }).observe(document.documentElement, { childList: true, subtree: true });

  return (attribute, connect) => {
    const each = { attribute, connect, connected: new Map() };
    registered.push(each);
    start(each, document);
  };
})();
