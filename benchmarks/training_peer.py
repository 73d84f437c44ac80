# pyright: reportMissingImports=false
"""Train by DeepXDE, in its own environment: Adam, then L-BFGS, in float64, conditions built in.

    python training_peer.py ORDER.json ANSWER.npz

The order names problem, seconds, seed, widths, points to train on and a file of points to answer.
"""

import json
import os
import sys
import time

os.environ["DDE_BACKEND"] = "pytorch"

import deepxde as dde
import numpy as np
import torch

FIRST = 0.25
"""Share of the time for Adam, as in the examples of the project: a start, then L-BFGS."""


class Until(dde.callbacks.Callback):
    """Stops a training when its processor time is spent."""

    def __init__(self, seconds):
        super().__init__()
        self.end = time.process_time() + seconds

    def on_epoch_end(self):
        """Look at the clock."""
        if time.process_time() >= self.end:
            self.model.stop_training = True


def poisson(order):
    """Poisson's equation with its conditions by an output transform."""

    def residual(x, u):
        laplacian = dde.grad.hessian(u, x, i=0, j=0) + dde.grad.hessian(u, x, i=1, j=1)
        wave = torch.sin(np.pi * x[:, 0:1]) * torch.sin(np.pi * x[:, 1:2])
        return laplacian + 2 * np.pi**2 * wave

    square = dde.geometry.Rectangle([-1, -1], [1, 1])
    data = dde.data.PDE(
        square, residual, [], num_domain=order["points"], train_distribution="Sobol"
    )
    return data, lambda x, u: (1 - x[:, 0:1] ** 2) * (1 - x[:, 1:2] ** 2) * u


def burgers(order):
    """Burgers' equation with its conditions by an output transform."""
    nu = 0.01 / np.pi

    def residual(x, u):
        u_x, u_t = dde.grad.jacobian(u, x, j=0), dde.grad.jacobian(u, x, j=1)
        return u_t + u * u_x - nu * dde.grad.hessian(u, x, i=0, j=0)

    place = dde.geometry.GeometryXTime(dde.geometry.Interval(-1, 1), dde.geometry.TimeDomain(0, 1))
    data = dde.data.TimePDE(
        place, residual, [], num_domain=order["points"], train_distribution="Sobol"
    )

    def exact(x, u):
        return -torch.sin(np.pi * x[:, 0:1]) + x[:, 1:2] * (1 - x[:, 0:1] ** 2) * u

    return data, exact


def main():
    """Train as the order says and write answers."""
    with open(sys.argv[1], encoding="utf-8") as file:
        order = json.load(file)
    torch.set_num_threads(1)
    dde.config.set_default_float("float64")
    dde.config.set_random_seed(order["seed"])
    options = dde.optimizers.LBFGS_options
    dde.optimizers.set_LBFGS_options(maxcor=50, ftol=0, gtol=0, maxiter=10**9)
    # Short calls, so that the time can be kept; what L-BFGS has learned outlives them.
    options["iter_per_step"], options["fun_per_step"] = 20, 25
    data, exact = {"poisson": poisson, "burgers": burgers}[order["problem"]](order)
    network = dde.nn.FNN([2, *order["widths"], 1], "tanh", "Glorot uniform")
    network.apply_output_transform(exact)
    begun = time.process_time()
    model = dde.Model(data, network)
    model.compile("adam", lr=1e-3)
    quiet = {"display_every": 10**9, "verbose": 0}
    model.train(iterations=10**9, callbacks=[Until(FIRST * order["seconds"])], **quiet)
    model.compile("L-BFGS", verbose=0)
    left = order["seconds"] - (time.process_time() - begun)
    model.train(callbacks=[Until(left)], **quiet)
    spent = time.process_time() - begun
    places = np.load(order["places"])["places"]
    np.savez(sys.argv[2], answer=model.predict(places)[:, 0], seconds=spent)


if __name__ == "__main__":
    main()
