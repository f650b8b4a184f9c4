package ui

// Paint adds colour to text, or returns it as it is when On is false. Colour
// must never be the only carrier of a meaning. The text must be clean.
type Paint struct{ On bool }

// Bold returns s in bold.
func (p Paint) Bold(s string) string { return p.code("1", s) }

// Faint returns s in a weaker shade.
func (p Paint) Faint(s string) string { return p.code("2", s) }

// Red returns s in red, for what failed.
func (p Paint) Red(s string) string { return p.code("31", s) }

// Green returns s in green, for what is well.
func (p Paint) Green(s string) string { return p.code("32", s) }

// Yellow returns s in yellow, for warnings and what is under way.
func (p Paint) Yellow(s string) string { return p.code("33", s) }

func (p Paint) code(code, s string) string {
	if !p.On || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}
