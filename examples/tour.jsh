// A tour for ./klif jshell: a network, its batches, its spikes. Run it by: ./klif jshell < examples/tour.jsh
import org.klif.api.*
var digits = LabelledData.load("digits")
var network = SpikingNetwork.builder("c16k3 bn sn mp2 | fc100 bn sn | vote10").images(1, 8, 8).steps(4).optimizer("adam", 2e-3).seed(1).build()
network.device()
network.parameters()
for (var batch : digits.train().batches(64, 1L, 1)) network.train(batch.images(), batch.labels())
System.out.printf("after one epoch: %.1f %%%n", 100 * network.accuracy(digits.test()))
var record = network.record(digits.test().sample(0))
record.layers()
record.prediction().label()
var spikes = record.spikes("2.klif")
var fired = 0
for (float s : spikes) fired += (int) s
System.out.printf("2.klif: %d of %d neuron-steps fired%n", fired, spikes.length)
network.parameter("2.klif.k")
network.close()
digits.close()
