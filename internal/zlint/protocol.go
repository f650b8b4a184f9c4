// Package zlint has zlint's lints judge certificates, in a program of their own.
//
// Their tables cost each process that links them milliseconds at its start, and
// the X.509 parser below them is not proof against every hostile certificate.
// So they live in the companion program nfcert-zlint, and this package is the
// protocol between the two: [Client] on the side of nfcert, [Serve] on the
// other. It does not link zlint itself.
//
// The companion first writes one line, its [Greeting]. Then, for each frame on
// its standard input (the length of a certificate in four bytes, big-endian, and
// its DER), it writes one line, an [Answer], in the order of the frames. It ends
// with its input.
package zlint

import (
	"encoding/binary"
	"fmt"
	"io"
)

const (
	// Protocol is the version of the protocol. Both sides must have the same.
	Protocol = 1
	// Program is the name of the companion's executable.
	Program = "nfcert-zlint"
	// MaxCertificate is the most bytes of DER that a frame may carry.
	MaxCertificate = 1 << 20

	maxLine    = 1 << 20 // of an answer
	maxDetails = 1000    // bytes of one lint's details
)

// Greeting is the companion's first line.
type Greeting struct {
	Protocol int    `json:"protocol"`
	Zlint    string `json:"zlint"` // version of the module, as in v3.7.3
	Lints    int    `json:"lints"` // how many will be run
}

// Answer is what the companion makes of one certificate. Without findings and
// fault all lints passed.
type Answer struct {
	Findings []Finding `json:"findings,omitempty"`
	// Fault says why the certificate could not be judged; "": it was.
	Fault string `json:"fault,omitempty"`
}

// Finding is one lint that a certificate does not pass.
type Finding struct {
	Lint        string `json:"lint"`
	Status      string `json:"status"` // info, warn, error; fatal: the lint itself failed
	Details     string `json:"details,omitempty"`
	Description string `json:"description,omitempty"` // what the lint demands
	Source      string `json:"source"`                // as in RFC5280, Community
	Citation    string `json:"citation,omitempty"`
}

// writeFrame writes one certificate. It must not be longer than MaxCertificate.
func writeFrame(w io.Writer, der []byte) error {
	frame := make([]byte, 4, 4+len(der))
	binary.BigEndian.PutUint32(frame, uint32(len(der)))
	_, err := w.Write(append(frame, der...))
	return err
}

// readFrame reads one certificate into buf, which it grows when it must. At the
// end of the input the error is io.EOF itself.
func readFrame(r io.Reader, buf []byte) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(head[:])
	if size > MaxCertificate {
		return nil, fmt.Errorf("a frame of %d bytes, want at most %d", size, MaxCertificate)
	}
	if uint32(cap(buf)) < size {
		buf = make([]byte, size)
	}
	buf = buf[:size]
	if _, err := io.ReadFull(r, buf); err != nil {
		return nil, fmt.Errorf("within a frame of %d bytes: %w", size, io.ErrUnexpectedEOF)
	}
	return buf, nil
}
