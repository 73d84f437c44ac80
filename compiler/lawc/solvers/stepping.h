/* Single steps: the Rosenbrock method, what lies inside a step, and what is watched there.
   The explicit methods, which are generated, stand before this text. */

#if RODAS
static int factorise(double *restrict a, int *restrict swaps)
{
    UNROLL for (int c = 0; c < N; c++) {
        int best = c;
        UNROLL for (int r = c + 1; r < N; r++)
            if (fabs(a[r * N + c]) > fabs(a[best * N + c])) best = r;
        swaps[c] = best;
        if (!(fabs(a[best * N + c]) > 0)) return 0;
        if (best != c)
            UNROLL for (int j = 0; j < N; j++) {
                const double kept = a[c * N + j];
                a[c * N + j] = a[best * N + j];
                a[best * N + j] = kept;
            }
        const double one = 1 / a[c * N + c];
        UNROLL for (int r = c + 1; r < N; r++) {
            const double factor = a[r * N + c] * one;
            a[r * N + c] = factor;
            if (factor != 0)
                UNROLL for (int j = c + 1; j < N; j++) a[r * N + j] -= factor * a[c * N + j];
        }
        a[c * N + c] = one;
    }
    return 1;
}

static void solve(const double *restrict a, const int *restrict swaps, double *restrict b)
{
    UNROLL for (int c = 0; c < N; c++) {
        const double kept = b[swaps[c]];
        b[swaps[c]] = b[c];
        b[c] = kept;
    }
    UNROLL for (int r = 1; r < N; r++)
        UNROLL for (int j = 0; j < r; j++) b[r] -= a[r * N + j] * b[j];
    UNROLL for (int r = N - 1; r >= 0; r--) {
        UNROLL for (int j = r + 1; j < N; j++) b[r] -= a[r * N + j] * b[j];
        b[r] *= a[r * N + r];
    }
}

/* One step of Rodas5P; its error relative to the tolerance. */
static double rodas(Run *run, double h)
{
    double w[N * N], drift[N], moved[N], u[8][N];
    int swaps[N];
    const double t = run->start + run->span * run->s;
    memset(w, 0, sizeof w);
    law_slopes(t, run->y, run->p, w);
    law_drift(t, run->y, run->p, drift);
    UNROLL for (int i = 0; i < N * N; i++) w[i] *= -run->span;
    UNROLL for (int i = 0; i < N; i++) {
        w[i * N + i] += 1 / (h * rodas_gamma);
        drift[i] *= run->span * run->span * h;
    }
    if (!factorise(w, swaps)) return INFINITY;
    UNROLL for (int k = 0; k < 8; k++) {
        double *restrict v = u[k];
        if (k == 0) memcpy(v, run->f, sizeof run->f);
        else {
            UNROLL for (int i = 0; i < N; i++) {
                double sum = run->y[i];
                UNROLL for (int j = 0; j < k; j++) sum += rodas_a[k][j] * u[j][i];
                moved[i] = sum;
            }
            rates(run, run->s + rodas_c[k] * h, moved, v);
        }
        UNROLL for (int i = 0; i < N; i++) {
            double sum = 0;
            UNROLL for (int j = 0; j < k; j++) sum += rodas_k[k][j] * u[j][i];
            v[i] += sum / h + rodas_d[k] * drift[i];
        }
        solve(w, swaps, v);
    }
    double error = 0;
    UNROLL for (int i = 0; i < N; i++) {
        double sum = run->y[i];
        UNROLL for (int j = 0; j < 7; j++) sum += rodas_a[7][j] * u[j][i];
        run->new[i] = sum + u[7][i];
        const double c = u[7][i] / scale(run, i, larger(fabs(run->y[i]), fabs(run->new[i])));
        error += c * c;
    }
    UNROLL for (int i = 0; i < N; i++) {
        double inner[3] = {0};
        UNROLL for (int q = 0; q < 3; q++)
            UNROLL for (int j = 0; j < 8; j++) inner[q] += rodas_h[q][j] * u[j][i];
        run->parts[0][i] = run->new[i] - run->y[i];
        run->parts[1][i] = inner[0];
        run->parts[2][i] = inner[1] + inner[2];
        run->parts[3][i] = -inner[2];
    }
    run->depth = 4;
    return sqrt(error / N);
}
#endif

/* The fastest decay that a component has by itself, whatever its unit. */
static double fastest(const Run *run)
{
    double most = 0;
#if RODAS
    double slopes[N * N];
    memset(slopes, 0, sizeof slopes);
    law_slopes(run->start + run->span * run->s, run->y, run->p, slopes);
    for (int i = 0; i < N; i++) most = larger(most, -slopes[i * N + i] * run->span);
#endif
    return most;
}

static void make_dense(Run *run, double h)
{
    if (run->depth) return;
    if (run->kind == 5) dense5(run, h), run->depth = 4;
    else dense8(run, h), run->depth = 7;
}

/* The state at a part of the step, by the polynomial through it. */
static void inside(const Run *run, double x, double *restrict y)
{
    for (int i = 0; i < N; i++) {
        double value = 0;
        for (int k = run->depth - 1; k >= 0; k--)
            value = (value + run->parts[k][i]) * (k % 2 ? 1 - x : x);
        y[i] = run->y[i] + value;
    }
}

#if K
static void look(const Run *run, double s, const double *y, double *most)
{
    double seen[K];
    law_watched(run->start + run->span * s, y, run->p, seen);
    for (int k = 0; k < K; k++)
        if (isfinite(seen[k]) && !(fabs(seen[k]) <= most[k])) most[k] = fabs(seen[k]);
}

/* Show the cubic through both ends of a step, whose slopes are known. */
static void look_inside(const Run *run, double h, double upto, double *most)
{
    for (int q = 1; q <= 4; q++) {
        const double x = 0.25 * q * upto;
        double y[N];
        for (int i = 0; i < N; i++) {
            const double change = run->new[i] - run->y[i];
            const double a = h * run->f[i] - change, b = change - h * run->fnew[i];
            y[i] = run->y[i] + x * (change + (1 - x) * ((1 - x) * a + x * b));
        }
        look(run, run->s + x * h, y, most);
    }
}
#endif
