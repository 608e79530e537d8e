// Package bindings holds the contract in Go, in the packages below imports, exports and scheduled (what the world
// `scheduled-converter` exports), as wit-bindgen makes it. Only export_wit_world of both is written by hand.
package bindings

//go:generate go run generate.go
