package wats

import "strings"

// The contract's texts are UTF-8, and a plugin that hands over anything else is stopped.
func valid(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }
