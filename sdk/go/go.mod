module wats.dev/converter

go 1.27
