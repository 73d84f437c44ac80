/* What Python calls. */

int64_t size(int which)
{
    const int64_t sizes[] = {PACKED, SLOPE, WORK, T};
    return sizes[which];
}

/* Lay weights out in whole vectors, along and across. */
void pack(const real *theta, real *p)
{
    memset(p, 0, PACKED * sizeof(real));
    for (int l = 0; l < (int)(sizeof layers / sizeof *layers); l++) {
        const int in = layers[l].in, out = layers[l].out;
        for (int o = 0; o < out; o++)
            for (int i = 0; i < in; i++) {
                if (layers[l].across >= 0) p[layers[l].across + i * UP(out) + o] = theta[o * in + i];
                if (layers[l].along >= 0) p[layers[l].along + o * UP(in) + i] = theta[o * in + i];
            }
        theta += in * out;
        for (int o = 0; o < out; o++) p[layers[l].offset + o] = theta[o];
        theta += out;
    }
}

/* Add up the slopes of all shares in their order. */
void gather(int shares, const real *g, real *slope)
{
    for (int l = 0; l < (int)(sizeof layers / sizeof *layers); l++) {
        const int in = layers[l].in, out = layers[l].out;
        for (int o = 0; o < out; o++)
            for (int i = 0; i <= in; i++) {
                const int64_t at = i == in            ? layers[l].slope_offset + o
                                   : layers[l].along < 0 ? layers[l].slope + i * UP(out) + o
                                                      : layers[l].slope + o * UP(in) + i;
                double sum = 0;
                for (int s = 0; s < shares; s++) sum += g[s * (int64_t)SLOPE + at];
                slope[i == in ? in * out + o : o * in + i] = sum;
            }
        slope += (in + 1) * out;
    }
}

/* The cost of some tiles, its slope where g is given, and weighted rows where out is. */
double share(int64_t first, int64_t last, const real *x, const double *d, int64_t stride,
             const double *factor, const real *p, real *g, real *w, double *out)
{
    double cost = 0;
    if (g) memset(g, 0, SLOPE * sizeof(real));
    for (int64_t k = first; k < last; k++)
        cost += tile(x + k * T, d + k * T, stride, factor, p, g, w, out ? out + k * T : 0, stride);
    return cost;
}
