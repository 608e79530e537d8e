//! Every case in `cases/`.

wats_converter::cases!(wats_csv::Csv);
