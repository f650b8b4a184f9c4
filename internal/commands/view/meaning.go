package view

import (
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// meaning is what a CSR or a certificate says about a network function.
type meaning struct {
	InstanceID nf.InstanceID `json:"nfInstanceId,omitempty"`
	NFTypes    []nfTypeDoc   `json:"nfTypes,omitempty"`
	Networks   []*networkDoc `json:"networks,omitempty"` // of the names and the subject, without duplicates
	Names      []nameDoc     `json:"names,omitempty"`    // of subjectAltName, in its order
	Usages     []usageDoc    `json:"extKeyUsages,omitempty"`
}

// nfTypeDoc is one NF type. Release is absent if TS 29.510 6.1.6.3.3 does not define
// the type.
type nfTypeDoc struct {
	Name    string `json:"name"`
	Release int    `json:"release,omitempty"`
}

// networkDoc is the network of a home network domain (TS 23.003 28.2).
type networkDoc struct {
	Domain string `json:"domain"`
	// PLMNs has two codes if the domain fits both: in it, an MNC of two digits is
	// padded to three.
	PLMNs []string `json:"plmns"`
	NID   string   `json:"nid,omitempty"` // of an SNPN
}

func (n *networkDoc) String() string {
	text := "PLMN " + strings.Join(n.PLMNs, " or ")
	if n.NID != "" {
		text += ", SNPN with NID " + n.NID
	}
	return text
}

// networkOf is the network of a name of the 5G core; nil if it has none.
func networkOf(n nf.Name) *networkDoc {
	if n.Network.PLMN.Validate() != nil {
		return nil
	}
	doc := &networkDoc{Domain: n.Network.HomeDomain(), NID: n.Network.NID}
	for _, plmn := range n.Network.PLMNs() {
		doc.PLMNs = append(doc.PLMNs, plmn.String())
	}
	return doc
}

// nameDoc is one name and what it means in the 5G core; Is is "" if it has no meaning
// there.
type nameDoc struct {
	inspect.Name
	Is      string      `json:"is,omitempty"`
	NFType  string      `json:"nfType,omitempty"`
	Network *networkDoc `json:"network,omitempty"`
	Clause  string      `json:"clause,omitempty"`
}

func (n nameDoc) note() string { return withClause(n.Is, n.Clause) }

// usageDoc is one purpose of extKeyUsage with the clause that defines it.
type usageDoc struct {
	inspect.Usage
	For    string `json:"for,omitempty"`
	Clause string `json:"clause,omitempty"`
}

func withClause(text, clause string) string {
	if text == "" || clause == "" {
		return text + clause
	}
	return text + "; " + clause
}

func meaningOf(c *inspect.Contents) (m meaning) {
	m.InstanceID = c.SubjectAltName.InstanceID()
	if c.NFTypes != nil {
		for _, name := range c.NFTypes.Types {
			known, _ := nf.LookupType(name)
			m.NFTypes = append(m.NFTypes, nfTypeDoc{name, known.Release})
		}
	}
	if c.ExtKeyUsage != nil {
		for _, u := range c.ExtKeyUsage.Usages {
			known, _ := nf.LookupUsage(string(u.OID))
			m.Usages = append(m.Usages, usageDoc{u, known.For, known.Clause})
		}
	}
	for _, a := range c.Subject {
		if a.OID == nf.OIDOrganization || a.OID == nf.OIDCommonName {
			m.network(nameOf(inspect.Name{Kind: inspect.NameDNS, Value: a.Value}).Network)
		}
	}
	if c.SubjectAltName != nil {
		for _, n := range c.SubjectAltName.Names {
			doc := nameOf(n)
			m.Names = append(m.Names, doc)
			m.network(doc.Network)
		}
	}
	return m
}

func (m *meaning) network(n *networkDoc) {
	if n != nil && !slices.ContainsFunc(m.Networks, func(known *networkDoc) bool { return known.Domain == n.Domain }) {
		m.Networks = append(m.Networks, n)
	}
}

// nameOf says what a name means.
func nameOf(n inspect.Name) nameDoc {
	doc := nameDoc{Name: n}
	switch {
	case n.Kind == inspect.NameDNS:
		doc.domain()
	case n.Kind == inspect.NameURI && nf.IsURN(n.Value):
		doc.Is, doc.Clause = "the NF instance id", "TS 33.310 6.1.3c"
		if _, err := nf.ParseURN(n.Value); err != nil {
			// The value itself is shown next to this text.
			reason := err.Error()
			doc.Is = "not a valid NF instance id: " + reason[strings.LastIndex(reason, `": `)+len(`": `):]
		}
	}
	return doc
}

// domain says what a domain name means in the 5G core (TS 23.003 clause 28).
func (d *nameDoc) domain() {
	name, ok := nf.ParseName(d.Value)
	if !ok {
		return
	}
	form := name.Form()
	d.Network, d.NFType, d.Clause = networkOf(name), name.Type, form.Clause
	what := form.Title
	if name.Kind == nf.NameNF {
		what = name.Type
	}
	if name.Wildcard && what != "" {
		what = "names below: " + what
	}
	switch {
	case name.Kind == "" && d.Network != nil:
		d.NFType, d.Clause, d.Is = "", "TS 23.003 28.2", "in the home network domain of "+d.Network.String()
	case name.Kind == "":
		d.Is, d.Clause = "not a name of the 5G core: "+name.Problem, "TS 23.003 28.2"
	case name.Kind == nf.NameHomeDomain:
		d.Is = "the " + what + " of " + d.Network.String()
	case d.Network == nil:
		d.Is = what
	default:
		d.Is = what + " of " + d.Network.String()
	}
}
