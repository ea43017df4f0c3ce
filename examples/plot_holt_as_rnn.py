r"""
From the recurrence to Holt's method
====================================

A recurrent network reads a sequence one step at a time and carries a state along. Holt's method,
which forecasts by a level and a trend, does the same with plain arithmetic: it is a recurrent
network of two units, all of whose weights follow from two numbers. This page builds that network
by hand, and then learns the two numbers from data.
"""

# %%
# A recurrence by hand
# --------------------
#
# A network with one hidden layer keeps its memory in a vector :math:`h`. At every step it mixes the
# new input :math:`x_t` with what it remembers, and reads its output :math:`o_t` off the result:
#
# .. math::
#
#    h_t = \tanh(W_{hx} x_t + W_{hh} h_{t-1} + b_h), \qquad o_t = W_{yh} h_t + b_y.
#
# Here is one with one input, two hidden units and one output. Its weights are ordinary arrays.

import numpy as np

from tsrnn import RNN

network = RNN(1, 2, 1, activation="tanh")
network.W_hx = [[1.0], [0.0]]  # the input reaches the first unit only
network.W_hh = [[0.5, -0.6], [0.6, 0.5]]  # each unit hears both, a step later
network.W_yh = [[1.0, 1.0]]
print(network.summary())

# %%
# The biases and the state before the first step, ``h_init``, are zero. ``step`` reads one number
# and moves the state ``h``. We strike the network once, then feed it zeros.

x = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
network.reset()
print(f"{'before':>9}", network.h)
for t, value in enumerate(x):
    output = network.step(value)
    print(f"t={t}, x={value:.0f}", network.h.round(3), "->", output.round(3))

# %%
# After the first step nothing comes in any more, and still the state moves: it swings from one unit
# to the other and dies away. That echo is all that a recurrent network knows of the past. ``trace``
# runs a whole sequence and tabulates the same numbers, from the old state to the new one.

network.trace(x).round(3)

# %%
# Holt's method is such a recurrence
# ----------------------------------
#
# Holt's method follows a series by a level :math:`s_t` and a trend :math:`b_t`:
#
# .. math::
#
#    s_t &= \alpha x_t + (1 - \alpha)(s_{t-1} + b_{t-1}), \\
#    b_t &= \beta (s_t - s_{t-1}) + (1 - \beta) b_{t-1},
#
# and predicts the next value as :math:`s_t + b_t`. Put the first line into the second, and write
# :math:`e_t = x_t - (s_{t-1} + b_{t-1})` for the error of the last prediction:
#
# .. math::
#
#    s_t = s_{t-1} + b_{t-1} + \alpha e_t, \qquad b_t = b_{t-1} + \alpha\beta e_t.
#
# Level and trend move on, and the error corrects both. With the state :math:`h_t = (s_t, b_t)'`
# this is a single line of matrices,
#
# .. math::
#
#    h_t = F h_{t-1} + g\,(x_t - w' h_{t-1}) = (F - g w')\, h_{t-1} + g\, x_t,
#
# with
#
# .. math::
#
#    F = \begin{pmatrix} 1 & 1 \\ 0 & 1 \end{pmatrix},\;
#    g = \begin{pmatrix} \alpha \\ \alpha\beta \end{pmatrix},\;
#    w = \begin{pmatrix} 1 \\ 1 \end{pmatrix}.
#
# That is the network above with the identity in place of tanh, no biases, and
# :math:`W_{hh} = F - g w'`, :math:`W_{hx} = g`, :math:`W_{yh} = w'`. In numbers:

alpha, beta = 0.5, 0.2
F = np.array([[1.0, 1.0], [0.0, 1.0]])
g = np.array([[alpha], [alpha * beta]])
w = np.array([[1.0], [1.0]])

holt = RNN(1, 2, 1, activation="identity")
holt.W_hx, holt.W_hh, holt.W_yh = g, F - g @ w.T, w.T
print(f"W_hh =\n{holt.W_hh}\nW_hx =\n{holt.W_hx}\nW_yh =\n{holt.W_yh}")

# %%
# For data we take a straight line with noise. A state is needed before the first value: the usual
# choice is the one under which the first two values fit perfectly. Then a few steps by hand.

from tsrnn.datasets import make_noisy_line

y = make_noisy_line(100, random_state=1)
first, second = y[:2]
initial_state = np.array([2 * first - second, second - first])

h = initial_state
for t, value in enumerate(y[:5]):
    h = holt.W_hh @ h + holt.W_hx[:, 0] * value
    level, trend = h
    print(f"t={t}, x={value:6.3f}, {level=:6.3f}, {trend=:6.3f}, next {h.sum():6.3f}")

# %%
# The network does the same, and so does the forecaster of this library, which turns itself into a
# network on request.

from tsrnn import DoubleExpSmoothingRNN

by_hand = DoubleExpSmoothingRNN(alpha=alpha, beta=beta, initial_state=initial_state)
by_hand.fit(y)
converted = by_hand.to_rnn()

holt.h_init = initial_state
print("network: ", holt.run(y[:5])[:, 0].round(3))
print("to_rnn():", converted.run(y[:5])[:, 0].round(3))
print("same W_hh:", np.allclose(converted.W_hh, holt.W_hh))

# %%
# A noisy line, smoothed
# ----------------------
#
# ``fitted_values_`` holds the one-step-ahead predictions: each was made before its value was seen.
# Hand-picked numbers already do something sensible. Large ones chase the noise, small ones are slow
# to forget that the first two values pointed downwards.

import matplotlib.pyplot as plt

fig, axes = plt.subplots(1, 3, figsize=(10, 3.4), sharey=True, layout="constrained")
for ax, (a, b) in zip(axes, [(0.9, 0.5), (0.5, 0.2), (0.1, 0.1)], strict=True):
    model = DoubleExpSmoothingRNN(alpha=a, beta=b, initial_state="heuristic").fit(y)
    ax.plot(y, ".", color="0.6", label="data")
    ax.plot(model.fitted_values_, color="tab:blue", label="one-step-ahead prediction")
    ax.set(title=f"alpha {a}, beta {b}: SSE {model.sse_:.0f}", xlabel="time step")
axes[0].legend(frameon=False)
axes[0].set_ylabel("y")

# %%
# ``initial_state="heuristic"`` is the start that we wrote out above. The sum of squared errors
# (SSE) says which of the three is best; which pair is best of all?
#
# Learning alpha and beta
# -----------------------
#
# A network learns by going downhill on its loss, for which it needs the gradient. Backpropagation
# through time (BPTT) runs the recurrence forwards, keeps every state, and then walks back from the
# last step to the first, adding up what each weight contributed to each error. It costs about
# as much as one more run, and it is exact, as a finite difference in one of the weights confirms:

inputs, targets = y[:-1], y[1:]
loss, gradient = holt.loss_and_grad(inputs, targets)

nudged, epsilon = by_hand.to_rnn(), 1e-6
nudged.W_hh += np.array([[0.0, epsilon], [0.0, 0.0]])
print("BPTT:             ", gradient["W_hh"][0, 1])
print("finite difference:", (nudged.loss_and_grad(inputs, targets)[0] - loss) / epsilon)

# %%
# All the weights depend on alpha and beta alone, so the chain rule takes the gradient from the
# weights to these two. Any optimiser of SciPy can use it.

from scipy.optimize import minimize


def holt_loss(parameters):
    alpha, beta = parameters
    g = np.array([[alpha], [alpha * beta]])
    holt.W_hx, holt.W_hh = g, F - g @ w.T
    loss, gradient = holt.loss_and_grad(inputs, targets)
    d_g = gradient["W_hx"] - gradient["W_hh"] @ w  # g is in both, W_hh has -g w'
    d_alpha, d_beta = d_g[0] + d_g[1] * beta, d_g[1] * alpha
    return loss, np.concatenate([d_alpha, d_beta])


path = [np.array([0.9, 0.9])]
minimum = minimize(
    holt_loss,
    x0=path[0],
    jac=True,
    method="L-BFGS-B",
    bounds=[(0, 1), (0, 1)],
    callback=path.append,
)
learned = DoubleExpSmoothingRNN(initial_state="heuristic").fit(y)
print("by our own descent:    alpha {:.4f}, beta {:.4f}".format(*minimum.x))
print(f"DoubleExpSmoothingRNN: alpha {learned.alpha_:.4f}, beta {learned.beta_:.4f}")

# %%
# With two parameters the whole loss can be looked at. A fit is quick enough to make one for every
# point of a grid.

grid = np.linspace(0.0, 1.0, 41)
model = DoubleExpSmoothingRNN(initial_state="heuristic")
sse = [[model.set_params(alpha=a, beta=b).fit(y).sse_ for a in grid] for b in grid]

fig, ax = plt.subplots(figsize=(6.5, 5), layout="constrained")
levels = [660, 675, 700, 750, 800, 900, 1000, 1200, 1500, 2000, 3000, 5000]
shades = plt.get_cmap("Blues")(np.linspace(0, 1, len(levels) + 1))
contours = ax.contourf(grid, grid, sse, levels, colors=shades, extend="both")
ax.contour(grid, grid, sse, levels, colors="white", linewidths=0.5)
ax.plot(*np.transpose(path), ".-", color="black", linewidth=1, label="descent")
ax.plot(learned.alpha_, learned.beta_, "*", color="red", markersize=16, label="learned")
ax.set(xlabel="alpha", ylabel="beta", xlim=(0, 1), ylim=(0, 1))
ax.legend(loc="upper left")
fig.colorbar(contours, label="sum of squared errors")

# %%
# The valley is curved, as such valleys often are: a quick level with a slow trend fits about as
# well as a slow level with a quick trend. On real series it may have several bottoms, which is why
# ``fit`` does not trust one descent: it scans the square first.
#
# The state before the first value
# --------------------------------
#
# Much of that error is the fault of the start: two noisy values are a poor estimate of a trend. By
# default the library learns the initial state too. It is a weight like any other, and BPTT
# returns its gradient with the rest.

model = DoubleExpSmoothingRNN().fit(y)
print(f"alpha {model.alpha_:.3f}, beta {model.beta_:.3f}, SSE {model.sse_:.1f}")
print("level and trend before the first value:", model.initial_state_.round(3))

slope, intercept = np.polyfit(np.arange(100), y, 1)
print(f"least-squares line, one step before the first: {intercept - slope:.3f}")
print(f"its slope: {slope:.3f}")

# %%
# Half the error is gone, and both parameters are zero: having found where the line starts and how
# steep it is, the smoother no longer listens to anything. That is right, for these data *are* a
# straight line, and what was learned is the line of least squares.
#
# Beside statsmodels
# ------------------
#
# The same numbers put into statsmodels give the same predictions, up to rounding. Where both
# learn, the lower sum of squared errors is the better search.

from statsmodels.tsa.holtwinters import Holt

start = {"initial_level": initial_state[0], "initial_trend": initial_state[1]}
reference = Holt(y, initialization_method="known", **start)
fixed = reference.fit(smoothing_level=0.5, smoothing_trend=0.2, optimized=False)
difference = np.abs(fixed.fittedvalues - by_hand.fitted_values_).max()
print(f"fixed parameters: largest difference of predictions {difference:.1e}")

searched = Holt(y, initialization_method="estimated").fit()
print(f"learned: SSE {model.sse_:.3f} here, {searched.sse:.3f} in statsmodels")

# %%
# The forecast
# ------------
#
# ``predict`` takes a number of steps, ``predict_interval`` adds bounds, and
# :class:`~tsrnn.plotting.ForecastDisplay` draws the lot. The intervals keep their width because a
# line that never bends is as sure of the distant future as of tomorrow; smoothers that learn an
# alpha above zero have intervals that open up.

from tsrnn.plotting import ForecastDisplay

ForecastDisplay.from_estimator(model, 20)
plt.show()

# sphinx_gallery_thumbnail_number = 2
