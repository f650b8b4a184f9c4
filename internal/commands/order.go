package commands

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/ui"
)

// orderFlags say what to order.
type orderFlags struct {
	identifiers []string
	kinds       string
	profile     string
	notBefore   string
	notAfter    string
}

func (o *orderFlags) addFlags(fs *pflag.FlagSet) {
	listVar(fs, &o.identifiers, "identifier", "order `TYPE:VALUE` instead of the CSR's names, as in dns:amf1.example; may be repeated")
	fs.StringVar(&o.kinds, "identifiers", string(enroll.KindsAuto), "which of the CSR's names: dns (and ip), nf (its NF instance id), both; auto adds the NF instance id where a token can prove it")
	fs.StringVar(&o.profile, "acme-profile", "", "one of the CA's profiles (nfcert show server lists them)")
	fs.StringVar(&o.notBefore, "not-before", "", "wanted start of validity, RFC 3339 or a duration from now")
	fs.StringVar(&o.notAfter, "not-after", "", "wanted end of validity, RFC 3339 or a duration from now, as in 720h")
}

// options turns the flags into what the engine takes.
func (o *orderFlags) options(a *Call) (out enroll.OrderOptions, err error) {
	out.Account, out.Profile = a.Global.account, o.profile
	switch out.Kinds = enroll.Kinds(o.kinds); out.Kinds {
	case "", enroll.KindsAuto, enroll.KindsDNS, enroll.KindsNF, enroll.KindsBoth:
	default:
		return out, usagef("one of: auto, dns, nf, both", "--identifiers %q is not known", o.kinds)
	}
	for _, s := range o.identifiers {
		kind, value, ok := strings.Cut(s, ":")
		if !ok || kind == "" || value == "" {
			return out, usagef("as in --identifier dns:amf1.example", "--identifier %q is not TYPE:VALUE", s)
		}
		out.Identifiers = append(out.Identifiers, acmewire.Identifier{Type: kind, Value: value})
	}
	if out.NotBefore, err = a.moment("--not-before", o.notBefore); err != nil {
		return out, err
	}
	out.NotAfter, err = a.moment("--not-after", o.notAfter)
	return out, err
}

// moment reads a time, or a duration from now. "" is the zero time.
func (a *Call) moment(flag, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(s); err == nil {
		return a.Clock().Add(d).UTC().Truncate(time.Second), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, usagef("as in 2027-01-31T00:00:00Z, or 720h", "%s %q is neither a time nor a duration", flag, s)
	}
	return t.UTC(), nil
}

func newOrder(env *Env) *cobra.Command {
	order, challenge := &orderFlags{}, &challengeFlags{}
	var noSolve, noWait bool
	cmd := &cobra.Command{
		Use:   "order",
		Short: "Place the order, answer its challenges, wait until it is ready",
		Long: `Order the names of the CSR (RFC 8555 section 7.4), prove them, and wait until the
CA says that the order is ready. Run again, it goes on with the same order; one
that failed or expired is replaced.

To put the challenge in place yourself, take it in two steps:
  nfcert order -n amf-01 --no-solve                prints what to publish where
  nfcert order solve -n amf-01 --published         tells the CA, and waits`,
		Example: `  nfcert order -n amf-01 --http-listen :80
  nfcert order -n amf-01 --webroot /var/www/html
  nfcert order -n amf-01 --ta https://oam.example/at/account/amf/token --ta-root oam.pem
  nfcert order -n amf-01 --no-solve -o json | jq -r '.order.authorizations[].challenges[].publish // empty'`,
		Args: noArgs,
		RunE: env.run(func(ctx context.Context, a *Call, _ []string) error {
			options, err := order.options(a)
			if err != nil {
				return err
			}
			options.Challenge, options.NoSolve, options.NoWait = challenge.challenge, noSolve, noWait
			challenge.leaves = noWait
			return a.runOrder(ctx, challenge, func(ctx context.Context, s *session) (*enroll.Enrolment, bool, error) {
				return s.engine.Order(ctx, a.Global.name, options)
			})
		}),
	}
	order.addFlags(cmd.Flags())
	section(cmd.Flags(), sectionProof, challenge.addFlags)
	cmd.Flags().BoolVar(&noSolve, "no-solve", false, "only place the order and say what to publish where")
	cmd.Flags().BoolVar(&noWait, "no-wait", false, "answer the challenges and do not wait for the CA")
	cmd.AddCommand(newOrderSolve(env), newOrderRefresh(env), newOrderList(env), newOrderAbandon(env))
	return cmd
}

// runOrder runs one of the engine's order methods with the solvers in place.
func (a *Call) runOrder(ctx context.Context, flags *challengeFlags, method func(context.Context, *session) (*enroll.Enrolment, bool, error)) error {
	if err := flags.check(); err != nil {
		return err
	}
	if err := a.mustExist(); err != nil {
		return err
	}
	return a.withSolvers(ctx, flags, func(ctx context.Context, s *session) error {
		en, unchanged, err := method(ctx, s)
		if err != nil {
			return err
		}
		return a.printEnrolment(en, unchanged)
	})
}

func newOrderSolve(env *Env) *cobra.Command {
	challenge := &challengeFlags{}
	var noWait bool
	cmd := &cobra.Command{
		Use: "solve", Short: "Answer the challenges of a placed order and wait until it is ready",
		Args: noArgs,
		RunE: env.run(func(ctx context.Context, a *Call, _ []string) error {
			o := enroll.OrderOptions{Challenge: challenge.challenge, NoWait: noWait}
			challenge.leaves = noWait
			return a.runOrder(ctx, challenge, func(ctx context.Context, s *session) (*enroll.Enrolment, bool, error) {
				return s.engine.Solve(ctx, a.Global.name, o)
			})
		}),
	}
	section(cmd.Flags(), sectionProof, challenge.addFlags)
	cmd.Flags().BoolVar(&noWait, "no-wait", false, "answer the challenges and do not wait for the CA")
	return cmd
}

func newOrderRefresh(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "refresh", Short: "Ask the CA how the order and its authorizations stand", Args: noArgs,
		RunE: env.run(func(ctx context.Context, a *Call, _ []string) error {
			return a.runOrder(ctx, &challengeFlags{challenge: enroll.ChallengeAuto}, func(ctx context.Context, s *session) (*enroll.Enrolment, bool, error) {
				en, err := s.engine.Refresh(ctx, a.Global.name)
				return en, false, err
			})
		}),
	}
}

func newOrderAbandon(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "abandon", Short: "Give the order up and deactivate its pending authorizations",
		Long: `Deactivate the order's pending authorizations at the CA (RFC 8555 section 7.5.2)
and forget the order, so that the next one is new. Key and CSR stay.`,
		Args: noArgs,
		RunE: env.run(func(ctx context.Context, a *Call, _ []string) error {
			return a.runOrder(ctx, &challengeFlags{challenge: enroll.ChallengeAuto}, func(ctx context.Context, s *session) (*enroll.Enrolment, bool, error) {
				en, err := s.engine.Abandon(ctx, a.Global.name)
				return en, false, err
			})
		}),
	}
}

func newOrderList(env *Env) *cobra.Command {
	var atCA bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the orders of all enrolments", Args: noArgs,
		Long: `List the orders that the state knows. With --at-ca, list the URLs that the CA
names for the account (RFC 8555 section 7.1.2.1); many CAs keep no such list.`,
		RunE: env.run(func(ctx context.Context, a *Call, _ []string) error {
			if atCA {
				return a.runOrdersAtCA(ctx)
			}
			return a.runOrderList()
		}),
	}
	cmd.Flags().BoolVar(&atCA, "at-ca", false, "ask the CA for the account's orders")
	return cmd
}

// orderRow is one order in a list.
type orderRow struct {
	Name    string    `json:"name"`
	URL     string    `json:"url,omitempty"`
	Status  string    `json:"status,omitempty"`
	Expires time.Time `json:"expires,omitzero"`
	Reason  string    `json:"reason,omitempty"` // why it was left; absent: it is the current one
}

func (a *Call) runOrderList() error {
	s, err := a.local()
	if err != nil {
		return err
	}
	enrolments, err := a.enrolments(s)
	if err != nil {
		return err
	}
	rows := []orderRow{}
	for _, en := range enrolments {
		for _, past := range en.Earlier {
			rows = append(rows, orderRow{Name: en.Name, URL: past.URL, Status: string(past.Status), Reason: past.Reason})
		}
		if en.Order != nil {
			rows = append(rows, orderRow{Name: en.Name, URL: en.Order.URL, Status: string(en.Order.Status), Expires: en.Order.Expires})
		}
	}
	table := ui.NewTable("NAME", "STATUS", "EXPIRES", "URL", "LEFT BECAUSE")
	for _, r := range rows {
		table.Row(r.Name, r.Status, r.Expires, r.URL, r.Reason)
	}
	return a.printList("Orders", "orders", rows, table)
}

func (a *Call) runOrdersAtCA(ctx context.Context) error {
	return a.withServer(ctx, func(ctx context.Context, s *session) error {
		acc, err := s.engine.UseAccount(ctx, s.account)
		if err != nil {
			return err
		}
		if acc.Orders == "" {
			return usagef("many CAs keep none", "the CA names no list of orders for account %s", acc.Name)
		}
		urls, err := s.engine.CA.Orders(ctx, acc.Orders)
		if err != nil {
			return err
		}
		table := ui.NewTable("URL")
		rows := []orderRow{}
		for _, url := range urls {
			table.Row(url)
			rows = append(rows, orderRow{URL: url})
		}
		return a.printList("Orders", "orders", rows, table)
	})
}
