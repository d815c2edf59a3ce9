// Launches of all modules but the neurons', a type at a time; the kernels' sources say what the parameters mean.
#include <cmath>
#include <cstring>

#include "device.h"

namespace {

constexpr unsigned THREADS = 256;

Device::Grid grid(int x, int y = 1, unsigned threads = THREADS) {
  return {static_cast<unsigned>(x), static_cast<unsigned>(y), threads, 1, 0};
}

size_t count(int n) { return static_cast<size_t>(n); }

void loss(Device& d, const std::string& type, size_t element) {
  int steps = d.pick(1, 9), batch = d.pick(1, 40), classes = d.coin() ? d.pick(1, 12) : d.pick(100, 400), kind = d.pick(0, 2);
  double smoothing = d.coin() ? 0.1 : 0, rest = smoothing / classes, own = 1 - smoothing + rest, share = batch, lambda = 0.05, mean = 1;
  std::vector<int> labels(count(batch));
  for (int& label : labels) {
    label = d.pick(0, 40) == 0 ? classes : d.pick(0, classes - 1);  // few are outside
  }
  int mixed = d.coin() ? 1 : 0;
  if (mixed == 1) {
    for (int i = 0; i < batch; i++) {
      labels.push_back(labels[count(d.pick(0, batch - 1))]);
    }
    for (int i = 0; i < batch; i++) {
      float weight = static_cast<float>(d.pick(0, 64)) / 64;
      int bits;
      std::memcpy(&bits, &weight, sizeof bits);
      labels.push_back(bits);
    }
  }
  Address output = d.typed(type, count(steps) * count(batch) * count(classes), 1, 0.3f), owned = d.bytes(labels.data(), 4 * labels.size());
  Address rates = d.floats(count(batch) * count(classes), 1, 0.3f), samples = d.array(16 * count(batch)), scale = d.maybe(1, 1, 100);
  Address gradient = d.array(element * count(steps) * count(batch) * count(classes)), result = d.array(8);
  int none[3] = {};
  Address fault = d.bytes(none, sizeof none);
  int blocks = (batch * 32 + 255) / 256;
  d.launch("loss_forward_" + type, grid(blocks),
           {&output, &owned, &rates, &samples, &kind, &mixed, &steps, &batch, &classes, &rest, &own, &lambda, &mean});
  d.launch("loss_backward_" + type, grid(blocks),
           {&output, &rates, &owned, &gradient, &scale, &kind, &mixed, &steps, &batch, &classes, &rest, &own, &lambda, &mean});
  if (d.wants("loss_finish")) {
    int samplesIn = d.coin() ? batch : d.pick(1, 4500);
    std::vector<int> some(count(samplesIn) * (mixed == 1 ? 3 : 1));
    for (int& label : some) {
      label = d.pick(0, samplesIn) != 0 ? d.pick(0, classes - 1) : d.coin() ? -1 : classes;  // one is outside, or none
    }
    std::vector<double> sums(2 * count(samplesIn));
    for (double& one : sums) {
      one = d.pick(-1000, 1000) / 512.0;
    }
    Address given = d.bytes(sums.data(), 8 * sums.size()), ofSome = d.bytes(some.data(), 4 * some.size());
    d.launch("loss_finish", grid(1), {&given, &ofSome, &mixed, &samplesIn, &classes, &share, &result, &fault});
  }
  int layers = d.pick(1, 40);
  float target = 0.1f, strength = 2;
  Address activity = d.floats(2 * count(layers), 0.3f, 0.3f), slopes = d.floats(count(layers), 0.01f, 0.1f);
  Address ofSpikes = d.array(4 * count(layers)), penalty = d.array(4);
  if (d.wants("rate_penalty")) {
    d.launch("rate_penalty", {1, 1, 32, 1, 0},
             {&activity, &slopes, &scale, &ofSpikes, &penalty, &target, &strength, &layers});
  }
}

void optimizer(Device& d, const std::string&, size_t) {
  struct Piece {
    long long offset;
    int size, segment;
  };
  struct Segment {
    double rateFactor;
    float decay, smallest, lower, upper;
  };
  int size = d.pick(1, 9000), lead = d.coin() ? 4 * d.pick(0, 9) : d.pick(0, 9);
  size_t all = count(size + lead + 8);
  Address parameters = d.floats(all, 1, 0), gradients = d.floats(all, 0.1f, 0), first = d.floats(all, 0.1f, 0);
  d.special(false);
  int rule = d.pick(0, 3);
  Address second = rule == 0 || rule == 3 ? 0 : d.floats(all, 0.05f, 1);
  std::vector<Piece> pieces;
  for (int at = lead; at < lead + size; at += pieces.back().size) {
    int n = std::min(d.pick(1, 4000), lead + size - at);
    pieces.push_back({at, d.coin() && n > 4 ? n & ~3 : n, d.pick(0, 1)});
  }
  Segment segments[2] = {{1, d.coin() ? 0.01f : 0, 0, -INFINITY, INFINITY}, {0.5, 0, d.coin() ? 0.05f : 0, -0.5f, 0.8f}};
  Address ofPieces = d.bytes(pieces.data(), pieces.size() * sizeof(Piece)), ofSegments = d.bytes(segments, sizeof segments);
  float numbers[5] = {1, 1.5f, 1.2f, d.coin() ? 1.0f : 0.0f, d.pick(0, 9) == 0 ? 1.0f : 0.0f};
  float schedule[2] = {0.01f, static_cast<float>(d.pick(1, 2000))}, lossScale[3] = {1024, 3, 0};
  Address ofNumbers = d.bytes(numbers, sizeof numbers), ofSchedule = d.bytes(schedule, sizeof schedule);
  Address ofScale = d.coin() ? d.bytes(lossScale, sizeof lossScale) : 0, norm = d.array(4), written = d.array(20);
  int n = static_cast<int>(pieces.size()), summed = d.coin() ? n : d.pick(1, 4500);
  std::vector<double> sums(count(summed));
  const double wrong = d.pick(0, 4) == 0 ? NAN : 1;
  for (double& one : sums) {
    one = d.pick(0, 50) == 0 ? wrong : d.pick(0, 1000) / 512.0;
  }
  Address partials = d.array(8 * pieces.size()), given = d.bytes(sums.data(), 8 * sums.size());
  // pow of each kind of number
  static const double BASES[] = {0.9, 0.999, 0.5, 0, 1, -0.0, -0.75, -1, 2, INFINITY, -INFINITY, NAN, 1e-300};
  static const float POWERS[] = {0, 0.5f, -0.5f, -1, -2, 3, 8, 1e30f, -1e30f, INFINITY, -INFINITY, NAN};
  if (d.coin()) {
    schedule[1] = POWERS[d.pick(0, 11)];
  }
  Address ofPowers = d.bytes(schedule, sizeof schedule);
  double momentum = d.coin() ? 0.9 : BASES[d.pick(0, 12)], beta2 = d.coin() ? 0.999 : BASES[d.pick(0, 12)], clip = d.coin() ? 1.0 : 0;
  float smallest = 1, largest = 65536, grow = 4, first32 = 0.9f, second32 = 0.999f, eps = 1e-8f;
  d.launch("optimizer_squares", grid(n), {&gradients, &ofPieces, &partials});
  d.launch("optimizer_norm", grid(1),
           {&given, &summed, &ofPowers, &ofScale, &momentum, &beta2, &clip, &smallest, &largest, &grow, &norm, &written});
  int copy = d.pick(0, 2);
  Address rounded = copy == 0 ? 0 : d.array(2 * all), squares = d.coin() ? d.array(8 * pieces.size()) : 0;
  d.launch("optimizer_update", grid(n),
           {&parameters, &rounded, &copy, &gradients, &first, &second, &ofPieces, &ofSegments, &ofSchedule, &ofNumbers, &rule, &first32, &second32, &eps, &squares});
}

/** As cuda-kernels/layers/pooling.cu has it. */
struct PoolingShape {
  long long images;
  int channels, height, width, outHeight, outWidth, windowHeight, windowWidth, strideHeight, strideWidth, padHeight, padWidth;
  float share;
};

/** Windows side by side from the corner on, or of any stride and padding. */
void pooling(Device& d, const std::string& type, size_t element, bool overlap) {
  int maximum = d.coin(), channels = d.coin() ? 8 * d.pick(1, 4) : d.pick(1, 9);
  int window[2], stride[2], pad[2], size[2], out[2];
  for (int i = 0; i < 2; i++) {
    window[i] = d.pick(1, 4);
    stride[i] = overlap ? d.pick(1, 5) : window[i];
    pad[i] = overlap ? d.pick(0, window[i] - 1) : 0;
    size[i] = window[i] * d.pick(1, 4) + d.pick(0, window[i] - 1);
    out[i] = (size[i] + 2 * pad[i] - window[i]) / stride[i] + 1;
  }
  PoolingShape shape = {d.pick(1, 6), channels,  size[0],   size[1], out[0], out[1], window[0],
                        window[1],    stride[0], stride[1], pad[0],  pad[1], 1.0f / static_cast<float>(window[0] * window[1])};
  size_t inputs = static_cast<size_t>(shape.images) * count(channels * size[0] * size[1]);
  size_t outputs = static_cast<size_t>(shape.images) * count(channels * out[0] * out[1]);
  Address x = d.typed(type, inputs, 1, 0), y = d.array(element * outputs), gy = d.typed(type, outputs, 1, 0), gx = d.array(element * inputs);
  int blocks = d.pick(1, 4);
  d.launch("pooling_forward_" + type, grid(blocks), {&x, &y, &maximum, &shape});
  d.launch((overlap ? "pooling_overlap_backward_" : "pooling_backward_") + type, grid(blocks), {&x, &gy, &gx, &maximum, &shape});
}

void bothPoolings(Device& d, const std::string& type, size_t element) {
  pooling(d, type, element, false);
  pooling(d, type, element, true);
}

void overTime(Device& d, const std::string& type, size_t element) {
  long long n = d.coin() ? 8 * d.pick(1, 900) : d.pick(1, 7000);
  int steps = d.pick(1, 40), group = d.pick(1, 40), blocks = d.pick(1, 3);
  size_t all = static_cast<size_t>(n) * count(steps), one = static_cast<size_t>(n);
  Address x = d.typed(type, all, 1, 0), a = d.typed(type, one, 1, 0), sequence = d.array(element * all), out = d.array(element * one);
  Address initial = d.maybe(one, 1, 0), last = d.maybeArray(4 * one);
  float rate = 0.3f;
  d.launch("sum_over_time_" + type, grid(blocks), {&x, &out, &steps, &n});
  d.launch("repeat_over_time_" + type, grid(blocks), {&a, &sequence, &steps, &n});
  d.launch("mask_over_time_" + type, grid(blocks), {&x, &a, &sequence, &steps, &n});
  d.launch("leaky_readout_" + type, grid(blocks), {&x, &initial, &sequence, &last, &steps, &n, &rate});
  d.launch("leaky_readout_backward_" + type, grid(blocks), {&x, &sequence, &steps, &n, &rate});
  d.launch("add_" + type, grid(blocks), {&a, &a, &out, &n});
  long long groups = std::max(1ll, n / group);
  group = groups * group > n ? static_cast<int>(n) : group;
  d.launch("vote_" + type, grid(blocks), {&a, &out, &groups, &group});
  d.launch("vote_backward_" + type, grid(blocks), {&a, &out, &groups, &group});
  int counter[2] = {d.pick(0, 100), d.pick(0, 100)}, stream = d.pick(0, 9);
  Address ofCounter = d.bytes(counter, sizeof counter), mask = d.array(element * one);
  long long first = d.coin() ? 4ll * d.pick(0, 1000) : d.pick(0, 4000), limit = 0x40000000, seed = d.pick(0, 1 << 30);
  float keep = 1.25f;
  d.launch("dropout_mask_" + type, grid(blocks), {&mask, &ofCounter, &first, &n, &keep, &limit, &seed, &stream});
}

void elementwise(Device& d, const std::string& type, size_t element) {
  long long n = d.pick(1, 5000), images = d.pick(1, 3);
  int rows = d.pick(1, 90), columns = d.pick(1, 90), blocks = d.pick(1, 3);
  Address x = d.typed(type, static_cast<size_t>(images) * count(rows * columns), 1, 0);
  Address to = d.array(element * static_cast<size_t>(images) * count(rows * columns));
  d.launch("transpose_tiles_" + type, {static_cast<unsigned>(d.pick(1, 12)), 1, 32, 8, 0}, {&x, &to, &images, &rows, &columns});
  d.launch("transpose_narrow_" + type, grid(blocks), {&x, &to, &images, &rows, &columns});
  Address values = d.typed(type, static_cast<size_t>(n), 1, 0), sums = d.array(8 * count(blocks)), indices = d.array(8 * count(blocks));
  d.launch("sum_partials_" + type, grid(blocks), {&values, &n, &sums});
  d.launch("non_finite_partials_" + type, grid(blocks), {&values, &n, &indices});
  Address cast = d.array(4 * static_cast<size_t>(n));
  if (type != "f32") {
    Address floats = d.floats(static_cast<size_t>(n), 1, 0);
    d.launch("cast_" + type + "_f32", grid(blocks), {&values, &cast, &n});
    d.launch("cast_f32_" + type, grid(blocks), {&floats, &cast, &n});
    return;
  }
  Address share = d.floats(1, 0, 0.1f), average = d.floats(static_cast<size_t>(n), 1, 0), result = d.array(8);
  d.launch("average_f32", grid(blocks), {&values, &share, &average, &n});
  int partials = d.pick(1, 600);
  std::vector<double> some(count(partials));
  std::vector<long long> found(count(partials));
  for (size_t i = 0; i < some.size(); i++) {
    some[i] = d.pick(-1000, 1000) / 512.0;
    found[i] = d.coin() ? 0x7fffffffffffffffll : d.pick(0, 100000);
  }
  Address ofSome = d.bytes(some.data(), 8 * some.size()), ofFound = d.bytes(found.data(), 8 * found.size());
  d.launch("sum_finish", grid(1), {&ofSome, &partials, &result});
  d.launch("non_finite_finish", grid(1), {&ofFound, &partials, &result});
}

void columns(Device& d, const std::string& type, size_t element) {
  struct Columns {
    long long rows;
    int channels, width, tile, slots;
  } c{};
  c.channels = d.coin() ? 4 * d.pick(1, 40) : d.pick(1, 90);
  c.rows = d.pick(1, 700);
  c.width = c.channels % 4 == 0 && d.pick(0, 3) != 0 ? 4 : 1;
  int packs = c.channels / c.width;
  c.tile = std::min(packs, d.coin() ? 8 : 256);
  c.slots = 256 / c.tile;
  const int gridY = (packs + c.tile - 1) / c.tile, gridX = d.pick(1, 3);
  const size_t all = static_cast<size_t>(c.rows) * count(c.channels), channels = count(c.channels);
  Address x = d.typed(type, all, 1, 0.2f), g = d.typed(type, all, 1, 0), y = d.array(element * all), scale = d.floats(channels, 1, 1);
  Address shift = d.floats(channels, 1, 0), mean = d.floats(channels, 1, 0), inverse = d.floats(channels, 0.2f, 1);
  Address sums = d.floats(2 * channels, 1, 0), gGamma = d.array(4 * channels), gBeta = d.array(4 * channels);
  Address partials = d.array(8 * (2 * count(gridX) + 1) * channels);
  Device::Grid walk = grid(gridX, gridY);
  d.launch("batch_norm_moments_" + type, walk, {&x, &partials, &c});
  d.launch("batch_norm_apply_" + type, walk, {&x, &scale, &shift, &y, &c});
  d.launch("batch_norm_reduce_" + type, walk, {&x, &g, &mean, &inverse, &partials, &c});
  d.launch("batch_norm_backward_" + type, walk, {&x, &g, &mean, &inverse, &scale, &sums, &y, &gGamma, &gBeta, &c});
  d.launch("bias_add_" + type, walk, {&x, &shift, &c});
  d.launch("column_sums_" + type, walk, {&g, &partials, &c});

  std::vector<double> values((2 * count(gridX) + 1) * channels);
  for (double& one : values) {
    one = d.pick(0, 1000) / 512.0;
  }
  Address given = d.bytes(values.data(), 8 * values.size()), out = d.array(8 * channels), gamma = d.floats(channels, 1, 1);
  Address beta = d.floats(channels, 1, 0), runningMean = d.floats(channels, 1, 0), runningVar = d.floats(channels, 0, 1.5f);
  Address newMean = d.array(4 * channels), newInverse = d.array(4 * channels), newScale = d.array(4 * channels), newShift = d.array(4 * channels);
  double rows = static_cast<double>(c.rows), n = rows, eps = 1e-5, momentum = 0.1;
  int blocks = gridX, tile = d.coin() ? 8 : 32, finishing = (c.channels + tile - 1) / tile;
  d.launch("column_sums_finish", grid(finishing), {&given, &blocks, &c.channels, &tile, &out});
  d.launch("batch_norm_sums", grid(finishing), {&given, &blocks, &c.channels, &tile, &out});
  d.launch("batch_norm_finish", grid(finishing),
           {&given, &blocks, &c.channels, &tile, &rows, &n, &eps, &momentum, &gamma, &beta, &runningMean, &runningVar, &newMean, &newInverse,
            &newScale, &newShift});
  if (d.wants("batch_norm_fold")) {
    int folded = d.coin() ? c.channels : d.pick(1, 3000);
    const size_t all = count(folded);
    Address gammas = d.floats(all, 1, 1), betas = d.floats(all, 1, 0), means = d.floats(all, 1, 0), variances = d.floats(all, 0, 1.5f);
    Address out[4] = {d.array(4 * all), d.array(4 * all), d.array(4 * all), d.array(4 * all)};
    d.launch("batch_norm_fold", grid(1),
             {&folded, &eps, &gammas, &betas, &means, &variances, &out[0], &out[1], &out[2], &out[3]});
  }
}

}  // namespace

void launchOthers(Device& d) {
  for (const char* type : {"f32", "bf16", "f16"}) {
    if (!d.ofType(type)) {
      continue;
    }
    const size_t element = std::string(type) == "f32" ? 4 : 2;
    const bool some = d.pick(0, 4) == 0;
    auto launch = [&](std::initializer_list<std::string> sources, void (*each)(Device&, const std::string&, size_t)) {
      if (d.has(sources)) {
        d.special(some);
        each(d, type, element);
        d.special(false);
        d.clear();
      }
    };
    launch({"loss"}, loss);
    launch({"pooling"}, bothPoolings);
    launch({"elementwise"}, overTime);
    launch({"elementwise"}, elementwise);
    launch({"batchnorm", "columns"}, columns);
    launch({"optimizer"}, optimizer);
  }
}
