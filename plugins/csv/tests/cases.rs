//! Every case in `cases/`.

wats_converter::cases!(csv::Csv);
