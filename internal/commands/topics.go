package commands

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/ui"
)

// A topic is a page of nfcert help TOPIC.
type topic struct {
	name, short, long string
	make              func() string // makes long when it is read: most calls read no page
}

var topics = []topic{
	{"exit-codes", "What each exit code means", topicExitCodes, nil},
	{"environment", "The environment variables that nfcert reads", topicEnvironment, nil},
	{"output", "What is on stdout and stderr, and the output formats", topicOutput, nil},
	{"json", "The JSON documents of -o json", topicJSON, nil},
	{"challenges", "How to prove control of names", topicChallenges, nil},
	{"state", "What is saved, and in which directory", topicState, nil},
	{"deviations", "What nfcert accepts from servers that differ from the standard", "", topicDeviations},
	{"glossary", "Terms of ACME and of the 5G core", topicGlossary, nil},
	{"flags", "The flags that every command takes", "", topicFlags},
}

// command makes the command that prints the topic.
func (t topic) command() *cobra.Command {
	cmd := &cobra.Command{Use: t.name, Short: t.short, Long: t.long}
	if t.make != nil {
		cmd.SetHelpFunc(func(cmd *cobra.Command, args []string) {
			cmd.Long = t.make()
			cmd.Parent().HelpFunc()(cmd, args)
		})
	}
	return cmd
}

// topicDeviations lists the deviations that nfcert accepts.
func topicDeviations() string {
	var b strings.Builder
	b.WriteString(`Deviations

nfcert accepts these deviations of servers from the standard. It saves each one
that it meets with the server, in servers/ID/deviations.json of the state
directory, and nfcert show server lists them.
`)
	for _, d := range acmewire.Deviations() {
		fmt.Fprintf(&b, "\n  %s (%s)\n%s%s", d.ID, d.Clause, indent(d.What), indent("Known servers: "+d.Where+"."))
	}
	return strings.TrimRight(b.String(), "\n")
}

// indent wraps a text to lines of 80 columns, indented by six.
func indent(text string) string {
	const margin, width = "      ", 80
	return margin + strings.Join(ui.Wrap(text, width-len(margin)), "\n"+margin) + "\n"
}

const topicExitCodes = `Exit codes

  code  meaning                                               repeat unchanged?
  0     done
  1     unexpected: a bug
  2     wrong usage, or an unreadable or invalid file         no
  3     not finished yet: pending or timed out; state saved   yes
  4     the ACME server refused, or broke the protocol        see the hint
  5     an authorization failed: challenge invalid            with a new order
  6     server not reached or not trusted: DNS, TCP, TLS      yes
  7     local state: locked, missing, damaged, or wrong step  see the hint
  8     findings: lint found errors; the certificate lacks    no
        an identifier of the order, has another key, does
        not verify or, with --lint error, breaks its profile;
        some renewals or a hook failed
  9     the Token Authority refused, or its token does not    see the hint
        fit
  130   interrupted; state saved                              yes

With -o json, an error is one JSON document on stderr. Its "fault" says who must
act: usage, input, state, network, tls, ca, authorization, token-authority,
timeout or internal. Its "code" says what happened.`

const topicEnvironment = `Environment

Every flag has an environment variable: NFCERT_ and the flag's name in capitals,
with _ for - (--ca-root: NFCERT_CA_ROOT). A flag beats its variable, which beats
the configuration file, which beats the default. nfcert show config prints each
value and its source.

--yes and --force have no variable. For a flag that can be repeated, the variable
has all values, separated by commas or one on each line.

Secrets are never on the command line. They come from a file, or from:

  NFCERT_EAB_KEY                 MAC key of an external account binding
  NFCERT_ACCOUNT_KEY_PASSPHRASE  passphrase of the account key
  NFCERT_KEY_PASSPHRASE          passphrase or PIN of --key-in
  NFCERT_CLIENT_PASSPHRASE       passphrase or PIN of --client-key
  NFCERT_TA_CLIENT_PASSPHRASE    passphrase or PIN of --ta-client-key
  NFCERT_P12_PASSPHRASE          passphrase for --layout pkcs12
  NFCERT_PASSPHRASE              passphrase of a file: of PKCS#12 for show and
                                 lint, of an exported account

Other variables:

  STATE_DIRECTORY     the state directory (systemd sets it)
  XDG_DATA_HOME       otherwise it is $XDG_DATA_HOME/nfcert
  XDG_CONFIG_HOME     the configuration file is
                      $XDG_CONFIG_HOME/nfcert/config.yaml
  HTTPS_PROXY         the proxy to reach servers through
  NO_PROXY            hosts to reach without it
  CI                  if set, nfcert never prompts
  NO_COLOR TERM       how the terminal is used

The configuration file names servers and sets defaults for flags:

  servers:
    operator: {url: "https://ca.operator.example/directory", caRoot: root.pem}
  defaults:
    server: operator
    contact: ops@operator.example`

const topicOutput = `Output

stdout has only the answer. stderr has progress, prompts, warnings and errors,
and ends with a line "next: COMMAND" if there is a next step.

On a terminal, answers are aligned and fit its width. In a pipe they have no
header, a TAB between columns, full values and RFC 3339 times.

  -o table   for people, the default
  -o json    one JSON document: see nfcert help json
  -o name    only the names
  -o jsonl   enroll: one line for each event, and the document at the end;
             lint: one document on each line
  -o junit   lint: a report for CI servers
  -o sarif   lint: a report for code scanning

Control characters in text from a server or a file are removed before it is
printed on a terminal.`

const topicJSON = `JSON

Every document has "kind" and "apiVersion": "nfcert/v1". Keys are lowerCamelCase,
as in ACME. Times are RFC 3339 in UTC. A value that does not exist is absent.
Keys may be added, but are never renamed.

csr, order, finalize, enroll and show NAME print an Enrolment, with the parts
that exist so far:

  nf, csr, order, certificate   the parts
  step                          the next step: csr, order, finalize or done
  order.authorizations[].challenges[].publish
                                what to publish for a challenge
  certificate.differences[]     what the CA dropped, changed or added
  next                          the next command

account prints an Account, show an Enrolments, and forget a Forgotten.

lint prints a Lint. For each request and certificate, "files" has:

  file, part, type, role        what was checked; part is #2 for the second one
                                in a file
  profile, profileWhy           the profile, and why it was chosen
  findings[]                    rule, severity, level, field, got, want,
                                message, fix, clause, confidence; source: zlint
                                if zlint reported it
  error                         why it could not be checked
  tls                           of HOST:PORT: version, cipherSuite and more

"summary" has counts, and "zlint" its version, or "not run".

renew --due and renew --dry-run print Renewals. For each enrolment, "renewals"
has:

  name, nfType, notAfter        the enrolment
  due, dueAt, because           whether it is due, when, and why: ca, life,
                                underWay, swap, expired, revoked or none
  renewalInfo                   when the CA suggests to renew it (RFC 9773)
  result, serial, error         renewed, not due, would renew or failed

revoke prints the Enrolment of the certificate, or for another certificate a
Revocation.

An error is one document of kind Error on stderr: see nfcert help exit-codes.`

const topicChallenges = `Challenges

A CA issues a certificate for a name only after a challenge proves control of the
name. nfcert can answer these types:

  http-01    RFC 8555 8.3. The CA fetches
             http://NAME/.well-known/acme-challenge/TOKEN
             from port 80 of the NF's address.

    --http-listen ADDR    nfcert answers itself while it waits (default :80)
    --webroot DIR         a web server on port 80 serves the files in DIR
    --published           you publish the content yourself: order --no-solve
                          prints it, then order solve --published tells the CA

  tkauth-01  RFC 9447, TS 33.310 Annex J. An Authority Token says that the
             account may have a certificate for this NF instance id. In the 5G
             core, the OAM's Token Authority issues it.

    --ta URL              get the token from this Token Authority; authenticate
                          with --ta-client-cert, --ta-bearer-file or
                          --ta-basic-file
    --ta-allow HOST       get it from the Token Authority that the CA names, if
                          that is on this host
    --token-file FILE     use the token in this file
    --token-cmd COMMAND   use the token that this program prints

nfcert checks a token before it sends it to the CA, because a refused token costs
the order. nfcert token get and nfcert token check do the same as commands.

An order contains the DNS names and addresses of the CSR, and its NF instance id
if a token source is configured. To choose, use --identifiers dns, nf or both.

With --http-listen, nfcert opens the address before it places an order. If
another nfcert uses the address, it waits, at most until --timeout.

nfcert always removes what it published, also after Ctrl-C. If it was killed, the
next run with the same flags removes it.`

const topicState = `State

nfcert saves accounts, keys and enrolments in one state directory: --state,
$STATE_DIRECTORY, $XDG_DATA_HOME/nfcert or ~/.local/share/nfcert. Each of them is
a JSON document with PEM files next to it. Key files have mode 0600.

  servers/ID/        server.json: how to reach and trust a server
  accounts/ID/NAME/  account.json, key.pem
  enrolments/NAME/   enrolment.json, key.pem, request.pem, chain.pem,
                     trace.jsonl: the HTTP exchanges, redacted

A document is replaced as a whole, and it is saved before each request that
changes something at the CA. If nfcert is killed, the next run continues with the
same order and the same key.

A lock allows one command at a time to work on an enrolment or an account.
Another one fails with exit code 7 and names the process that has the lock. The
lock ends with its process.

nfcert forget removes an enrolment, an account or a server from this machine.`

const topicGlossary = `Glossary

  ACME            the protocol to get certificates from a CA (RFC 8555)
  account         a key that is registered at the CA; it signs all requests
  authorization   the CA's record that an account controls an identifier
  Authority Token
                  a signed statement that an account may have a certificate for
                  an identifier (RFC 9447)
  challenge       one way to prove control of an identifier
  CSR             certificate signing request (PKCS#10)
  directory       the document at the server's URL that lists its resources
  EAB             external account binding: links an ACME account to an existing
                  account at the CA
  enrolment       one NF getting one certificate from one server
  finalize        send the CSR when all authorizations are valid
  home network domain
                  5gc.mnc<MNC>.mcc<MCC>.3gppnetwork.org (TS 23.003 28.2)
  identifier      what a certificate is ordered for, such as dns:amf1.example
  key authorization
                  a challenge's token joined with the account key's thumbprint
  NF              network function of the 5G core, such as AMF or NRF
  NF instance id  a version 4 UUID (TS 29.571 5.3.2); in certificates, a URI
                  that starts with urn:uuid:
  NFTypes         the certificate extension with NF types (RFC 9310)
  nonce           a value that allows a signed request to be used only once
  OAM             operation, administration and maintenance of the network
  order           a request for one certificate, with its authorizations
  PLMN            an operator's network, identified by MCC and MNC
  SBA             service-based architecture of the 5G core`

// topicFlags lists the flags that every command takes.
func topicFlags() string {
	return `Flags that every command takes

Each flag has a variable, NFCERT_ and its name in capitals, and can have a default
in the configuration file: see nfcert help environment.

Many commands also take the name of the enrolment as an argument: nfcert show
amf-01 means nfcert show -n amf-01. With only one enrolment, most of them need no
name.

` + strings.TrimSuffix(cli.GlobalUsage(), "\n")
}
