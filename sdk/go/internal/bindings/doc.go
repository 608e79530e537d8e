// Package bindings holds the contract in Go, in the packages below imports and exports, as wit-bindgen makes it. Only
// exports/export_wit_world is written by hand.
package bindings

//go:generate go run generate.go
