/* Follow many trajectories of one system, each with steps of its own, on all cores.

   What stands before this text: N states, P parameters, K watched values, E events, and the
   functions law_rates, law_slopes, law_drift, law_watched, law_conditions, law_reset; the steps
   explicit5, dense5, explicit8, dense8 and the coefficients of rodas. Time runs from 0 to 1 along
   each trajectory. An explicit method goes ahead; where its steps are bounded by stability and not
   by accuracy, a Rosenbrock method takes over, and gives back where it does not pay. */

#include <pthread.h>
#include <string.h>
#include <time.h>

enum { ARRIVED, NO_START, RUNAWAY, SINGULAR, TOO_LONG, NO_NUMBER, STOPPED, CROWDED, STIFF };

#define SMALLEST 4e-15   /* the shortest step, of the time so far */
#define BESIDE 1e-14     /* how near to a mark counts as at it, of the time so far */
#define TINIEST 1e-60    /* the shortest step at the start */
#define FLOOR 1e-2       /* absolute tolerance over relative, in units of the peak so far */
#define SHARE 0.5        /* of the tolerance, for each step of order 5: errors add up */
#define ROUGH 2.0        /* step times fastest decay from which on stages are far apart */
#define LOOKS 8          /* where in a step events are looked for */
#define TRIAL 30         /* steps after which an implicit method must have paid */
#define MOST_EVENTS 20000
#define CLOSE 1e-9        /* events nearer to each other crowd to a point */
#define ARMED 1
#define JUST 2           /* armed by the event itself: its condition holds just so */

#if N <= 4
#define UNROLL _Pragma("GCC unroll 8")
#else
#define UNROLL
#endif

typedef struct {
    double start, span;
    const double *p;
    double s, h, rtol;
    double y[N], f[N], peak[N], begin[N];
    double new[N], fnew[N], parts[7][N], k[16][N];
    double stiff;        /* step times the fastest rate that the last explicit step saw */
    int kind;            /* 5, 8: explicit; 4: Rosenbrock */
    int depth;           /* how many parts the polynomial inside the step has; 0: not yet made */
} Run;

static void rates(const Run *run, double s, const double *restrict y, double *restrict f)
{
    law_rates(run->start + run->span * s, y, run->p, f);
    for (int i = 0; i < N; i++) f[i] *= run->span;
}

static inline double scale(const Run *run, int i, double size)
{
    const double floor = run->peak[i] * run->rtol * FLOOR;
    return (floor > 1e-290 ? floor : 1e-290) + size * run->rtol;
}

static inline double larger(double a, double b) { return a > b ? a : b; }

/* A first step after Hairer, Norsett, Wanner, II.4. */
static double first_step(Run *run, int order)
{
    double size = 0, speed = 0, bend = 0, moved[N], f[N];
    for (int i = 0; i < N; i++) {
        const double c = scale(run, i, fabs(run->y[i]));
        size += run->y[i] / c * (run->y[i] / c);
        speed += run->f[i] / c * (run->f[i] / c);
    }
    size = sqrt(size / N), speed = sqrt(speed / N);
    double h = size < 1e-5 || speed < 1e-5 ? 1e-6 : 0.01 * size / speed;
    if (!(h > 0)) h = 1e-6;
    if (h > 1 - run->s) h = 1 - run->s;
    for (int i = 0; i < N; i++) moved[i] = run->y[i] + h * run->f[i];
    rates(run, run->s + h, moved, f);
    for (int i = 0; i < N; i++) {
        const double c = (f[i] - run->f[i]) / scale(run, i, fabs(run->y[i]));
        bend += c * c;
    }
    const double largest = larger(speed, sqrt(bend / N) / h);
    const double second = largest <= 1e-15 ? larger(1e-6, h * 1e-3) : pow(0.01 / largest, 1.0 / order);
    h = 100 * h < second ? 100 * h : second;
    return h > 0 ? (h < 1 - run->s ? h : 1 - run->s) : 1e-8;
}
