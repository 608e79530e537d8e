package wats

// Process is a test operation of the WATS server.
type Process struct {
	// Code of the process: 100.
	Code uint32
	// Name of the process.
	Name string
	// Properties: "test", "repair", "wip" (flags).
	Properties []Property
}

// Product is a product of the WATS server.
type Product struct {
	// PartNumber of the product.
	PartNumber string
	// Name of the product.
	Name string
	// Revisions that are known, oldest first.
	Revisions []string
	// Properties: none known yet.
	Properties []Property
}

// LookupProcess asks for the process (test operation) of that name, without regard to case. It needs [GrantLookup].
//
// found tells whether the server has it. The error is [Waiting] when there is no answer now (returned from Convert, the file waits),
// and misconfigured without the grant.
func LookupProcess(name string) (process Process, found bool, err error) {
	process, answer := here().Process(name)
	return process, answer.Found, answer.err()
}

// LookupProduct asks for the product with that part number, as [LookupProcess] does.
func LookupProduct(partNumber string) (product Product, found bool, err error) {
	product, answer := here().Product(partNumber)
	return product, answer.Found, answer.err()
}

func (a Answer) err() error {
	switch {
	case a.Denied:
		return Misconfigured("the station has not granted `lookup` to this plugin")
	case a.Unavailable != "":
		return Waiting{Reason: a.Unavailable}
	}
	return nil
}

func here() Station {
	if current == nil {
		panic("wats: log and lookup are for use in Probe and Convert only")
	}
	return current
}
