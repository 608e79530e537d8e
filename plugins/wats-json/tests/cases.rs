//! Every folder in `cases`.

wats_converter::cases!(wats_json::WatsJson);
