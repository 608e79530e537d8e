//! Every folder in `cases`.

wats_converter::scheduled_cases!(my_source::MySource);
