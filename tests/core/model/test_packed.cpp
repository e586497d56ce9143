// Packed batches: no padding reaches the model, company changes nothing, and backward stops where nothing is trained.

#include "tests/support/tiny_models.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>

using namespace diapason;
using namespace diapason::testing;

namespace {

void add_families() {
    QTest::addColumn<QString>("family");
    for (const char* family : all_families)
        QTest::newRow(family) << family;
}

} // namespace

class TestPacked : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void companyChangesNothing_data() { add_families(); }
    void companyChangesNothing() {
        QFETCH(QString, family);
        for (const HeadSpec& head : heads_of(family.toStdString())) {
            const auto model = tiny_model(family.toStdString(), head);
            const auto sequences = tiny_sequences(head, 7);
            const at::Tensor together = model->logits(PackedBatch::pack(sequences, at::kCPU), {});
            std::vector<at::Tensor> alone;
            for (const Sequence& sequence : sequences)
                alone.push_back(model->logits(PackedBatch::pack({&sequence, 1}, at::kCPU), {}));
            QVERIFY(at::allclose(together, at::cat(alone), 1e-5, 1e-5));
        }
    }

    // A padded layout shows its pads to the attention's softmax with weight zero: the same numbers as without them.
    // Here the pads are real tokens of a longer sequence behind a causal mask, which no earlier row can see.
    void tokensBehindACausalRowChangeNothing() {
        const HeadSpec head{HeadKind::causal_lm, 0};
        const auto model = tiny_model("llama", head);
        auto sequences = tiny_sequences(head, 1);
        const at::Tensor before = model->logits(PackedBatch::pack(sequences, at::kCPU), {}, Rows::all);
        const std::int64_t rows = before.size(0);
        for (int i = 0; i < 5; ++i) {
            sequences[0].ids.push_back(1);
            sequences[0].labels.push_back(-100);
        }
        const at::Tensor after = model->logits(PackedBatch::pack(sequences, at::kCPU), {}, Rows::all);
        QVERIFY(at::allclose(after.narrow(0, 0, rows), before, 1e-5, 1e-5));
    }

    void onlyRealTokensAndLabelledRows_data() { add_families(); }
    void onlyRealTokensAndLabelledRows() {
        QFETCH(QString, family);
        const HeadSpec head = heads_of(family.toStdString()).back();
        const auto model = tiny_model(family.toStdString(), head);
        const auto sequences = tiny_sequences(head);
        std::int64_t tokens = 0, labelled = 0;
        for (const Sequence& sequence : sequences) {
            tokens += std::int64_t((sequence.target_ids.empty() ? sequence.ids : sequence.target_ids).size());
            for (const std::int64_t label : sequence.labels)
                labelled += label != -100;
        }
        const PackedBatch batch = PackedBatch::pack(sequences, at::kCPU);
        const HiddenStates hidden = model->hidden(batch, {}, true);
        for (const at::Tensor& state : hidden.all)
            QCOMPARE(state.size(0), tokens);
        QCOMPARE(model->logits_of(model->read_from(hidden, batch, Rows::labelled), {}).size(0), labelled);
        QCOMPARE(model->logits_of(model->read_from(hidden, batch, Rows::all), {}).size(0), tokens);
        const LossTerms loss = model->loss(model->logits(batch, {}), batch);
        QCOMPARE(loss.count, labelled);
    }

    // The last layer computes only what is read: the same logits, losses and gradients as from all rows.
    void rowsThatNobodyReadsChangeNothing_data() { add_families(); }
    void rowsThatNobodyReadsChangeNothing() {
        QFETCH(QString, family);
        for (const HeadSpec& head : heads_of(family.toStdString())) {
            const auto model = tiny_model(family.toStdString(), head);
            Parameter& words = model->backbone().word_embedding();
            model->train({&words});
            const PackedBatch batch = PackedBatch::pack(tiny_sequences(head), at::kCPU);
            const at::Tensor all = model->logits_of(model->read_from(model->hidden(batch, {}), batch), {});
            model->loss(all, batch).mean().backward();
            const at::Tensor expected = words.value.grad().clone();
            words.value.mutable_grad() = at::Tensor();
            const at::Tensor read = model->logits(batch, {});
            QVERIFY(at::allclose(read, all, 1e-5, 1e-6));
            model->loss(read, batch).mean().backward();
            QVERIFY(at::allclose(words.value.grad(), expected, 1e-4, 1e-6));
        }
    }

    void backwardStopsAtTheLowestTrainedLayer_data() { add_families(); }
    void backwardStopsAtTheLowestTrainedLayer() {
        QFETCH(QString, family);
        const HeadSpec head = heads_of(family.toStdString()).front();
        const auto model = tiny_model(family.toStdString(), head);
        Parameter* trained = nullptr;
        for (const auto& [site, linear] : model->backbone().linears()) // of the decoder where there are two stacks
            if (site.layer == 1 && site.point == "fc1") trained = linear->weight;
        model->train({trained});
        const PackedBatch batch = PackedBatch::pack(tiny_sequences(head), at::kCPU);
        const HiddenStates hidden = model->hidden(batch, {}, true);
        QVERIFY(!hidden.all[0].requires_grad() && !hidden.all[1].requires_grad());
        QVERIFY(hidden.all[2].requires_grad() && hidden.all[3].requires_grad());
        model->loss(model->logits_of(model->read_from(hidden, batch), {}), batch).mean().backward();
        QVERIFY(trained->value.grad().defined());
        for (const Parameter* parameter : model->frozen())
            QVERIFY(!parameter->value.grad().defined());
    }

    void worksOnTheMetaDevice_data() { add_families(); }
    void worksOnTheMetaDevice() {
        QFETCH(QString, family);
        for (const HeadSpec& head : heads_of(family.toStdString())) {
            const auto model = tiny_model(family.toStdString(), head, at::kMeta);
            std::vector<Parameter*> all;
            for (const auto& parameter : model->weights().all())
                all.push_back(parameter.get());
            model->train(all);
            const PackedBatch batch = PackedBatch::pack(tiny_sequences(head), at::kMeta);
            const at::Tensor logits = model->logits(batch, {});
            QVERIFY(logits.device().is_meta());
            model->loss(logits, batch).mean().backward();
            QVERIFY(model->backbone().word_embedding().value.grad().device().is_meta());
        }
    }

    void emptySequencesAreDefects() {
        bool thrown = false;
        try {
            const std::vector<Sequence> sequences(1);
            PackedBatch::pack(sequences, at::kCPU);
        } catch (const std::logic_error&) {
            thrown = true;
        }
        QVERIFY(thrown);
    }

    void savedWeightsAreReadBack_data() { add_families(); }
    void savedWeightsAreReadBack() {
        QFETCH(QString, family);
        const HeadSpec head = heads_of(family.toStdString()).front();
        const auto model = tiny_model(family.toStdString(), head);
        TemporaryFolder folder;
        std::vector<const Parameter*> all;
        for (const auto& parameter : model->weights().all())
            all.push_back(parameter.get());
        save_parameters(folder / "model.safetensors", all, "F32", {});
        Json config = model->config().raw;
        config["num_labels"] = 3;
        write_text(folder / "config.json", config.dump());
        const auto read = Model::load(folder.path(), head, at::kCPU);
        const PackedBatch batch = PackedBatch::pack(tiny_sequences(head), at::kCPU);
        QVERIFY(at::equal(read->logits(batch, {}), model->logits(batch, {})));
    }

    void missingAndWrongTensorsAreListedTogether() {
        const HeadSpec head{HeadKind::sequence_classification, 3};
        const auto model = tiny_model("bert", head);
        TemporaryFolder folder;
        std::vector<Parameter> changed;
        std::vector<const Parameter*> some;
        for (const auto& parameter : model->weights().all())
            changed.push_back(*parameter);
        std::string missing, wrong;
        for (std::size_t i = 0; i < changed.size(); ++i) {
            if (changed[i].name.find("layer.1.output.dense.weight") != std::string::npos) {
                missing = changed[i].name;
                continue;
            }
            if (changed[i].name.find("layer.0.output.dense.weight") != std::string::npos) {
                wrong = changed[i].name;
                changed[i].value = at::zeros({2, 2});
            }
            some.push_back(&changed[i]);
        }
        save_parameters(folder / "model.safetensors", some, "F32", {});
        write_text(folder / "config.json", model->config().raw.dump());
        const Caught error = caught([&] { Model::load(folder.path(), head, at::kCPU); });
        QVERIFY(error.thrown && error.kind == ErrorKind::input);
        QVERIFY2(error.says(missing) && error.says(wrong), error.message.c_str());
    }
};

DIAPASON_TEST(TestPacked)
#include "test_packed.moc"
