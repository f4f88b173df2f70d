"""A link with which a person who has a password chooses a new one."""

from gmp_booking.kernel.text import N_
from gmp_booking.notifications.account_links import CHOOSE_A_PASSWORD, link_words
from gmp_booking.notifications.mail_kind import OnRequest, PersonMail

KIND = PersonMail(
    name="reset",
    created=OnRequest(when="an administrator asks for a new password", to="The person whose password it is."),
    true_while="the link can be used",
    subject=N_("A new password for GMP Booking"),
    template="reset.txt",
    words=link_words,
    link_label=CHOOSE_A_PASSWORD,
)
