package nf

import (
	"encoding/hex"
	"slices"
	"testing"
)

func TestMarshalNFTypes(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   []string
		want string
		err  string
	}{
		// The value of RFC 9310 appendix B.
		{"RFC 9310", []string{"AMF"}, "30051603414d46", ""},
		{"sorted by ASCII", []string{"AMF", "5G_EIR"}, "300d160635475f4549521603414d46", ""},
		{"none", nil, "", "at least one"},
		{"twice", []string{"AMF", "SMF", "AMF"}, "", "is given twice"},
		{"malformed", []string{"AMF", "a b"}, "", "visible ASCII"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := MarshalNFTypes(tt.in)
			wantError(t, err, tt.err)
			if hex.EncodeToString(got) != tt.want {
				t.Errorf("MarshalNFTypes(%q) = %x, want %s", tt.in, got, tt.want)
			}
		})
	}
}

func TestParseNFTypes(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     []string
		faults   []NFTypeFault
	}{
		{"RFC 9310", "30051603414d46", []string{"AMF"}, nil},
		// What encoding/asn1 makes of {"AMF", "5G_EIR"}.
		{"wrong strings, unsorted", "300d1303414d460c0635475f454952", []string{"AMF", "5G_EIR"}, []NFTypeFault{NFTypesString, NFTypesString, NFTypesUnsorted}},
		{"repeated", "300a1603414d461603414d46", []string{"AMF", "AMF"}, []NFTypeFault{NFTypesRepeated}},
		{"empty", "3000", nil, []NFTypeFault{NFTypesEmpty}},
		{"empty string", "30021600", []string{""}, []NFTypeFault{NFTypesValue}},
		{"space", "3003160120", []string{" "}, []NFTypeFault{NFTypesValue}},
		{"bytes after", "30051603414d4600", []string{"AMF"}, []NFTypeFault{NFTypesMalformed}},
		{"cut short", "30051603414d", nil, []NFTypeFault{NFTypesMalformed}},
		{"cut within", "300716 03414d461605", []string{"AMF"}, []NFTypeFault{NFTypesMalformed}},
		{"not a sequence", "1603414d46", nil, []NFTypeFault{NFTypesMalformed}},
		{"nothing", "", nil, []NFTypeFault{NFTypesMalformed}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := tt.in
			if i := slices.Index([]byte(in), ' '); i >= 0 {
				in = in[:i] + in[i+1:]
			}
			der, err := hex.DecodeString(in)
			if err != nil {
				t.Fatal(err)
			}
			got, problems := ParseNFTypes(der)
			if !slices.Equal(got, tt.want) {
				t.Errorf("ParseNFTypes(%s) = %q, want %q", tt.in, got, tt.want)
			}
			var faults []NFTypeFault
			for _, p := range problems {
				faults = append(faults, p.Fault)
			}
			if !slices.Equal(faults, tt.faults) {
				t.Errorf("ParseNFTypes(%s) problems %v, want %v", tt.in, problems, tt.faults)
			}
		})
	}
}

func FuzzParseNFTypes(f *testing.F) {
	for _, s := range []string{"30051603414d46", "300d1303414d460c0635475f454952", "3000", "308000", ""} {
		der, err := hex.DecodeString(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(der)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		types, problems := ParseNFTypes(der)
		if len(problems) > 0 {
			return
		}
		back, err := MarshalNFTypes(types)
		if err != nil || !slices.Equal(back, der) {
			t.Errorf("ParseNFTypes(%x) = %q without a problem, which encodes as %x, %v", der, types, back, err)
		}
	})
}
