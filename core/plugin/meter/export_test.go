package meter

// Folded is what becomes of straight code.
func Folded(code []byte) []byte {
	f := folds{body: code}
	f.straight(0, len(code))
	return f.out
}
