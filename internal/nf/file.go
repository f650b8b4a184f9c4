package nf

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// FileVersion is the apiVersion of the NF files that this package reads.
const FileVersion = "nfcert/v1"

// MaxFileSize bounds an NF file, in bytes.
const MaxFileSize = 1 << 20

// File is an NF file: a YAML description of one network function and of the
// certificate that it wants.
type File struct {
	APIVersion  string      `yaml:"apiVersion"` // FileVersion
	NF          Function    `yaml:"nf"`
	Certificate Certificate `yaml:"certificate,omitempty"`
}

// Certificate is what an NF file says about the certificate. Both fields are
// names that may be absent; the caller knows the defaults.
type Certificate struct {
	Profile string `yaml:"profile,omitempty"` // the name of a Profile
	Key     string `yaml:"key,omitempty"`     // a key type as in P256, not checked here
}

// FileError is one fault of an NF file, and where it is.
type FileError struct {
	File  string // as the caller named it
	Line  int    // from 1; zero: the file as a whole
	Field string // path as in nf.fqdns[1]; empty when it is no field's
	Err   error
}

func (e *FileError) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	if e.Field != "" {
		b.WriteString(": " + e.Field)
	}
	return b.String() + ": " + e.Err.Error()
}

func (e *FileError) Unwrap() error { return e.Err }

// ParseFile reads an NF file. The name is for messages alone; nothing is
// opened. It is strict: one YAML document of plain mappings, no unknown or
// repeated key, no anchors, at most MaxFileSize. Fields are normalised, then
// checked as Function.Validate does; an absent one is no fault, as flags may
// supply it.
//
// Every fault is a *FileError; several come joined, one a line, in the order of
// the file's fields. Warnings name the file.
func ParseFile(name string, data []byte) (*File, []string, error) {
	root, err := fileDocument(name, data)
	if err != nil {
		return nil, nil, err
	}
	d := fileDecoder{name: name, lines: map[string]int{}}
	f := d.file(root)
	if len(d.errs) > 0 {
		return nil, nil, errors.Join(d.errs...)
	}
	f.NF.Normalize()
	warnings, err := f.NF.Validate()
	d.addAll("nf", err)
	if p := f.Certificate.Profile; p != "" {
		if _, ok := LookupProfile(p); !ok {
			d.fail("certificate.profile", fmt.Errorf("unknown profile %q, want one of %s", clip(p), profileNames()))
		}
	}
	if len(d.errs) > 0 {
		return nil, nil, errors.Join(d.errs...)
	}
	for i, w := range warnings {
		warnings[i] = name + ": " + w
	}
	return f, warnings, nil
}

// Encode gives the file's YAML. APIVersion is written as FileVersion when it is
// empty. What it gives for a valid file, ParseFile reads back equal.
func (f *File) Encode() ([]byte, error) {
	out := *f
	if out.APIVersion == "" {
		out.APIVersion = FileVersion
	}
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(&out); err != nil {
		return nil, fmt.Errorf("encoding nf file: %w", err)
	}
	if err := enc.Close(); err != nil {
		return nil, fmt.Errorf("encoding nf file: %w", err)
	}
	return b.Bytes(), nil
}

func profileNames() string {
	var names []string
	for _, p := range Profiles() {
		names = append(names, p.Name)
	}
	return strings.Join(names, ", ")
}
