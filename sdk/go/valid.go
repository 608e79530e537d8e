package wats

import (
	"strconv"
	"strings"
)

// The contract's texts are UTF-8, and a plugin that hands over anything else is stopped.
func valid(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

// A value of an enum of the contract. Another number, from a conversion of the author's, would stop the plugin without a word of where.
func within[E ~uint8](value, last E, what string) E {
	if value > last {
		panic("wats: found the " + what + " " + strconv.Itoa(int(value)) + ", allowed are the constants of its type, 0 to " + strconv.Itoa(int(last)))
	}
	return value
}

func (s Status) known() Status { return within(s, StatusTerminated, "status") }
func (g Group) known() Group   { return within(g, GroupCleanup, "group") }
