"""What happens in a cycle: each function is one kind of event, applied to the sources and to the truth alike."""

from sample_country.events.cases import grievances_go_on, rejected_households_are_deleted
from sample_country.events.corrections import clerks_correct, households_move
from sample_country.events.enrolments import households_enrol, households_leave
from sample_country.events.moment import Moment, recorded_counties
from sample_country.events.payments import late_payments_arrive, programs_pay, write_files
from sample_country.events.people import children_are_born, people_die, youths_come_of_age

ALL = (
    people_die,
    children_are_born,
    youths_come_of_age,
    clerks_correct,
    households_move,
    households_leave,
    households_enrol,
    late_payments_arrive,
    programs_pay,
    grievances_go_on,
    rejected_households_are_deleted,
)


__all__ = ["ALL", "Moment", "recorded_counties", "write_files"]
