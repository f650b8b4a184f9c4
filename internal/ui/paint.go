package ui

// Paint adds colour to text, or returns it unchanged when On is false. The text
// must be clean. Nothing may be expressed by colour only.
type Paint struct{ On bool }

// Bold returns s in bold.
func (p Paint) Bold(s string) string { return p.code("1", s) }

// Faint returns s in a weaker shade.
func (p Paint) Faint(s string) string { return p.code("2", s) }

// Red returns s in red, for failure.
func (p Paint) Red(s string) string { return p.code("31", s) }

// Green returns s in green, for success.
func (p Paint) Green(s string) string { return p.code("32", s) }

// Yellow returns s in yellow, for warnings and unfinished work.
func (p Paint) Yellow(s string) string { return p.code("33", s) }

func (p Paint) code(code, s string) string {
	if !p.On || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}
