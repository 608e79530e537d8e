//! Every folder in `cases`.

wats_converter::cases!(my_format::MyFormat);
