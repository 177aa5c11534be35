package core

// Target narrows who hears an event, by the claims of each connection:
// any matching Exclude says no; every condition of All must match; without
// Include the answer is yes, otherwise at least one Include must match.
// A nil *Target addresses everybody. Parsed by target.Parse.
type Target struct {
	Include, Exclude, All []Condition
	Raw                   []byte // as sent, compacted: what EchoTarget repeats
}

// Condition asks for a value at a path of the claims' custom object.
type Condition struct {
	Path string // a key of custom, or a dotted walk into it
	Want Values
}

// Values is a JSON scalar, or a list of scalars, in comparable form.
type Values struct {
	List   bool
	Values []Value // exactly one when List is false
}

// Match compares a claim with what a condition wants: scalars by equality, a
// scalar against a list by membership, two lists by any common member. An
// empty list matches an empty list and nothing else.
func (v Values) Match(claim Values) bool {
	if len(v.Values) == 0 || len(claim.Values) == 0 {
		return v.List && claim.List && len(v.Values) == len(claim.Values)
	}
	for _, a := range v.Values {
		for _, b := range claim.Values {
			if a == b {
				return true
			}
		}
	}
	return false
}
