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

// MaxFileSize is the largest NF file that is read, in bytes.
const MaxFileSize = 1 << 20

// File is an NF file: a YAML description of one network function and of its
// certificate.
type File struct {
	APIVersion  string      `yaml:"apiVersion"` // FileVersion
	NF          Function    `yaml:"nf"`
	Certificate Certificate `yaml:"certificate,omitempty"`
}

// Certificate is the certificate section of an NF file. Both fields may be
// empty; the caller knows the defaults.
type Certificate struct {
	Profile string `yaml:"profile,omitempty"` // the name of a Profile
	Key     string `yaml:"key,omitempty"`     // a key type such as P256, not checked here
}

// FileError is one error in an NF file, and its position.
type FileError struct {
	File  string // the name that the caller gave
	Line  int    // from 1; zero: the whole file
	Field string // path, for example nf.fqdns[1]; empty for an error outside a field
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

// ParseFile reads an NF file. The name is only for messages; nothing is opened.
// It is strict: one YAML document of plain mappings, no unknown or repeated key,
// no anchors, at most MaxFileSize. Fields are normalised, then checked by
// Function.Validate. A missing field is not an error, because a flag may supply
// it.
//
// Every error is a *FileError. Several are joined, one per line, in the order of
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
			d.fail("certificate.profile", fmt.Errorf("unknown profile %q, want one of %s", clip(p), strings.Join(ProfileNames(), ", ")))
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

// Encode returns the YAML of the file. It writes FileVersion for an empty
// APIVersion. ParseFile reads the YAML of a valid file back as an equal File.
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
