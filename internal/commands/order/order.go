// Package order is nfcert order and its subcommands.
package order

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/commands/view"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/ui"
)

// New returns the command with its subcommands.
func New(env *cli.Env) *cobra.Command {
	order, challenge := &cmdflags.Order{}, &cmdflags.Challenge{}
	var noSolve bool
	cmd := &cobra.Command{
		Use:   "order",
		Short: "Place the order, solve its challenges, wait until it is ready",
		Long: `Place an order for the names in the CSR (RFC 8555 section 7.4), solve its
challenges, and wait until the order is ready. A second run continues the same
order; it replaces an order that failed or expired.

To publish the challenge response yourself, use two commands:
  nfcert order -n amf-01 --no-solve          print what to publish, and where
  nfcert order solve -n amf-01 --published   notify the CA, and wait`,
		Example: `  nfcert order -n amf-01 --http-listen :80
  nfcert order -n amf-01 --webroot /var/www/html
  nfcert order -n amf-01 --ta https://oam.example/at/account/amf/token \
      --ta-root oam.pem
  nfcert order -n amf-01 --no-solve -o json |
      jq -r '.order.authorizations[].challenges[].publish // empty'`,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, _ []string) error {
			options, err := order.Options(call)
			if err != nil {
				return err
			}
			challenge.Into(&options)
			options.NoSolve = noSolve
			return runOrder(ctx, call, challenge, func(ctx context.Context, s *session.Session, name string) (*enroll.Enrolment, bool, error) {
				return s.Engine.Order(ctx, name, options)
			})
		}),
	}
	order.AddFlags(cmd.Flags())
	cli.Section(cmd.Flags(), cli.SectionProof, challenge.AddFlags)
	cmd.Flags().BoolVar(&noSolve, "no-solve", false, "only place the order and print what to publish, and where")
	cmd.Flags().BoolVar(&challenge.NoWait, "no-wait", false, "notify the CA that the challenges are ready, and do not wait for the result")
	cmd.AddCommand(newOrderSolve(env), newOrderRefresh(env), newOrderList(env), newOrderAbandon(env))
	return env.Named(cmd)
}

// runOrder runs one of the engine's order methods with the solvers of the flags.
func runOrder(ctx context.Context, call *cli.Call, flags *cmdflags.Challenge, method func(ctx context.Context, s *session.Session, name string) (*enroll.Enrolment, bool, error)) error {
	if err := flags.Check(); err != nil {
		return err
	}
	s, err := session.Existing(call)
	if err != nil {
		return err
	}
	call = s.Call
	return cmdflags.WithSolvers(ctx, s, flags, func(ctx context.Context, s *session.Session) error {
		en, unchanged, err := method(ctx, s, call.Global.Name)
		if err != nil {
			return err
		}
		return view.PrintStep(call, en, unchanged, view.OrderChanged)
	})
}

func newOrderSolve(env *cli.Env) *cobra.Command {
	challenge := &cmdflags.Challenge{}
	cmd := &cobra.Command{
		Use: "solve", Short: "Solve the challenges of an order and wait until it is ready",
		RunE: env.Run(func(ctx context.Context, call *cli.Call, _ []string) error {
			var o enroll.OrderOptions
			challenge.Into(&o)
			return runOrder(ctx, call, challenge, func(ctx context.Context, s *session.Session, name string) (*enroll.Enrolment, bool, error) {
				return s.Engine.Solve(ctx, name, o)
			})
		}),
	}
	cli.Section(cmd.Flags(), cli.SectionProof, challenge.AddFlags)
	cmd.Flags().BoolVar(&challenge.NoWait, "no-wait", false, "notify the CA that the challenges are ready, and do not wait for the result")
	return env.Named(cmd)
}

func newOrderRefresh(env *cli.Env) *cobra.Command {
	return env.Named(&cobra.Command{
		Use: "refresh", Short: "Get the current status of the order and its authorizations",
		RunE: env.Run(func(ctx context.Context, call *cli.Call, _ []string) error {
			return runOrder(ctx, call, &cmdflags.Challenge{}, func(ctx context.Context, s *session.Session, name string) (*enroll.Enrolment, bool, error) {
				en, err := s.Engine.Refresh(ctx, name)
				return en, false, err
			})
		}),
	})
}

func newOrderAbandon(env *cli.Env) *cobra.Command {
	return env.Named(&cobra.Command{
		Use: "abandon", Short: "Abandon the order and deactivate its pending authorizations",
		Long: `Deactivate the order's pending authorizations at the CA (RFC 8555 section 7.5.2)
and remove the order from the enrolment. The next order is a new one. The key and
the CSR stay.`,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, _ []string) error {
			return runOrder(ctx, call, &cmdflags.Challenge{}, func(ctx context.Context, s *session.Session, name string) (*enroll.Enrolment, bool, error) {
				en, err := s.Engine.Abandon(ctx, name)
				return en, false, err
			})
		}),
	})
}

func newOrderList(env *cli.Env) *cobra.Command {
	var atCA bool
	cmd := &cobra.Command{
		Use: "list", SuggestFor: []string{"ls", "show"}, Short: "List the orders of all enrolments", Args: cli.NoArgs,
		Long: `List the saved orders, and why earlier ones were replaced. With --at-ca, list the
order URLs of the account at the CA (RFC 8555 section 7.1.2.1); many CAs do not
offer this list.`,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, _ []string) error {
			if atCA {
				return runOrdersAtCA(ctx, call)
			}
			return runOrderList(call)
		}),
	}
	cmd.Flags().BoolVar(&atCA, "at-ca", false, "list the account's orders at the CA")
	return cmd
}

// orderRow is one order in a list.
type orderRow struct {
	Name    string    `json:"name"`
	URL     string    `json:"url,omitempty"`
	Status  string    `json:"status,omitempty"`
	Expires time.Time `json:"expires,omitzero"`
	Reason  string    `json:"reason,omitempty"` // why it is not current any more; absent: it is current
}

func runOrderList(call *cli.Call) error {
	s, err := session.Local(call)
	if err != nil {
		return err
	}
	enrolments, err := session.Enrolments(call, s)
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
	table := ui.NewTable("NAME", "STATUS", "EXPIRES", "URL", "REASON")
	for _, r := range rows {
		table.Row(r.Name, r.Status, r.Expires, r.URL, r.Reason)
	}
	return call.PrintList("Orders", "orders", rows, table)
}

func runOrdersAtCA(ctx context.Context, call *cli.Call) error {
	return session.WithServer(ctx, call, func(ctx context.Context, s *session.Session) error {
		urls, listed, err := s.Engine.OrdersAtCA(ctx, s.Account)
		if err != nil {
			return err
		}
		if !listed {
			return cli.Usagef("many CAs do not offer it; nfcert order list shows the saved orders", "the CA has no list of orders for account %s", s.Account)
		}
		table := ui.NewTable("URL")
		rows := []orderRow{}
		for _, url := range urls {
			table.Row(url)
			rows = append(rows, orderRow{URL: url})
		}
		return call.PrintList("Orders", "orders", rows, table)
	})
}
