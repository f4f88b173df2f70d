"""A link with which a new person chooses a password."""

from gmp_booking.kernel.text import N_
from gmp_booking.notifications.account_links import CHOOSE_A_PASSWORD, link_words
from gmp_booking.notifications.mail_kind import OnRequest, PersonMail

KIND = PersonMail(
    name="invitation",
    created=OnRequest(when="somebody is invited to sign in", to="The person invited."),
    true_while="the link can be used",
    subject=N_("Your sign-in for GMP Booking"),
    template="invitation.txt",
    words=link_words,
    link_label=CHOOSE_A_PASSWORD,
)
