// Weights in 16 bits: mapped as they are stored, widened where they are trained or merged; products in bfloat16.

#include "tests/support/tiny_models.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <torch/csrc/autograd/autograd.h>

using namespace diapason;
using namespace diapason::testing;

namespace {

std::unique_ptr<Model> stored_model(const Model& of, const std::vector<const Parameter*>& all,
                                    const TemporaryFolder& folder, const char* dtype, const HeadSpec& head) {
    save_parameters(folder / "model.safetensors", all, dtype, {});
    Json config = of.config().raw;
    config["num_labels"] = 3;
    write_text(folder / "config.json", config.dump());
    return Model::load(folder.path(), head, at::kCPU);
}

std::vector<const Parameter*> weights_of(Model& model) {
    std::vector<const Parameter*> all;
    for (const auto& parameter : model.weights().all())
        all.push_back(parameter.get());
    return all;
}

double largest(const at::Tensor& x) {
    return x.abs().max().item<double>();
}

struct Shift : LinearDelta {
    bool merge_output(at::Tensor& weight, at::Tensor&) const override {
        weight = weight + 1;
        return true;
    }
};

} // namespace

class TestPrecision : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { qputenv("DIAPASON_KEEP_16_BITS", "0"); }

    void smallModelsAreWidenedAtOnce() {
        const HeadSpec head{HeadKind::causal_lm, 0};
        const TemporaryFolder folder;
        const auto exact = tiny_model("llama", head);
        qputenv("DIAPASON_KEEP_16_BITS", "1000000");
        const auto model = stored_model(*exact, weights_of(*exact), folder, "F16", head);
        qputenv("DIAPASON_KEEP_16_BITS", "0");
        for (const auto& parameter : model->weights().all())
            QCOMPARE(parameter->value.scalar_type(), at::kFloat);
    }

    void weightsStayAsTheyAreStored_data() {
        QTest::addColumn<QString>("family");
        QTest::addColumn<QString>("dtype");
        for (const char* family : all_families) {
            for (const char* dtype : {"F16", "BF16"})
                QTest::addRow("%s %s", family, dtype) << family << dtype;
        }
    }
    void weightsStayAsTheyAreStored() {
        QFETCH(QString, family);
        QFETCH(QString, dtype);
        const at::ScalarType type = scalar_type_of(dtype.toStdString());
        for (const HeadSpec& head : heads_of(family.toStdString())) {
            const TemporaryFolder folder;
            const auto exact = tiny_model(family.toStdString(), head);
            const auto read = stored_model(*exact, weights_of(*exact), folder, dtype.toLatin1(), head);
            for (const auto& parameter : exact->weights().all())
                parameter->value = parameter->value.to(type).to(at::kFloat);
            for (const auto& [name, linear] : read->linears())
                QCOMPARE(linear->weight->value.scalar_type(), type);
            for (const auto& parameter : read->weights().all())
                QCOMPARE(parameter->value.scalar_type(), parameter->value.dim() == 2 ? type : at::kFloat);
            const PackedBatch batch = PackedBatch::pack(tiny_sequences(head), at::kCPU);
            const at::Tensor logits = read->logits(batch, {});
            QCOMPARE(logits.scalar_type(), at::kFloat);
            QVERIFY(at::allclose(logits, exact->logits(batch, {}), 1e-5, 1e-6));
        }
    }

    void whatIsTrainedIsWidened() {
        const HeadSpec head{HeadKind::causal_lm, 0};
        const TemporaryFolder folder;
        const auto exact = tiny_model("llama", head);
        const auto model = stored_model(*exact, weights_of(*exact), folder, "BF16", head);
        for (const auto& parameter : model->weights().all())
            model->train({parameter.get()});
        const PackedBatch batch = PackedBatch::pack(tiny_sequences(head), at::kCPU);
        model->loss(model->logits(batch, {}), batch).mean().backward();
        for (const Parameter* parameter : model->trainable()) {
            QCOMPARE(parameter->value.scalar_type(), at::kFloat);
            QVERIFY2(parameter->value.grad().defined(), parameter->name.c_str());
        }
        QCOMPARE(model->frozen().size(), std::size_t(0));
    }

    void mergingWidensUntilItIsUndone() {
        const HeadSpec head{HeadKind::causal_lm, 0};
        const TemporaryFolder folder;
        const auto exact = tiny_model("llama", head);
        const auto model = stored_model(*exact, weights_of(*exact), folder, "F16", head);
        Linear& map = model->backbone().stack("decoder").layers[1].ffn.fc2;
        const at::Tensor stored = map.weight->value;
        map.deltas.push_back(std::make_unique<Shift>());
        model->merge();
        QVERIFY(at::equal(map.weight->value, stored.to(at::kFloat) + 1));
        model->unmerge();
        QVERIFY(map.weight->value.is_same(stored));
    }

    void productsInBfloat16_data() {
        QTest::addColumn<QString>("family");
        for (const char* family : all_families)
            QTest::newRow(family) << family;
    }
    void productsInBfloat16() {
        QFETCH(QString, family);
        const HeadSpec head = heads_of(family.toStdString()).front();
        const auto exact = tiny_model(family.toStdString(), head), half = tiny_model(family.toStdString(), head);
        for (Model* model : {exact.get(), half.get()}) {
            for (const auto& [name, linear] : model->linears()) {
                if (name.find(".1.") != std::string::npos) model->train({linear->weight});
            }
        }
        half->compute_in(Precision::bfloat16);
        for (const auto& [name, linear] : half->linears()) {
            const bool wide =
                linear->weight->value.requires_grad() || linear->weight == &half->backbone().word_embedding();
            QCOMPARE(linear->weight->value.scalar_type(), wide ? at::kFloat : at::kBFloat16);
        }
        const PackedBatch batch = PackedBatch::pack(tiny_sequences(head), at::kCPU);
        std::vector<at::Tensor> logits, gradients;
        for (Model* model : {exact.get(), half.get()}) {
            logits.push_back(model->logits(batch, {}));
            model->loss(logits.back(), batch).mean().backward();
            at::Tensor sum;
            for (const Parameter* parameter : model->trainable()) {
                const at::Tensor flat = parameter->value.grad().flatten();
                sum = sum.defined() ? at::cat({sum, flat}) : flat;
            }
            gradients.push_back(sum);
        }
        QVERIFY(!at::equal(logits[0], logits[1]));
        for (const auto& pair : {logits, gradients}) {
            const double error = largest(pair[1] - pair[0]), size = largest(pair[0]);
            QVERIFY2(error < 0.08 * size, qPrintable(QStringLiteral("%1 of %2").arg(error).arg(size)));
        }
    }
};

DIAPASON_TEST(TestPrecision)
#include "test_precision.moc"
