module my-source

go 1.27

require wats.dev/converter v0.1.0

replace wats.dev/converter => ..
