// The heads of spans, of several labels and of choices: losses by hand, gradients by finite differences, the layout of
// what they give.

#include "tests/support/tiny_models.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>

#include <cmath>
#include <limits>

using namespace diapason;
using namespace diapason::testing;

namespace {

Sequence text(std::vector<std::int64_t> ids) {
    Sequence sequence;
    sequence.ids = std::move(ids);
    return sequence;
}

at::Tensor table(const std::vector<double>& values, std::int64_t columns) {
    return at::tensor(values, at::TensorOptions().dtype(at::kFloat)).view({-1, columns});
}

double log_sum(const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values)
        sum += std::exp(value);
    return std::log(sum);
}

PackedBatch spans() {
    std::vector<Sequence> sequences = {text({10, 11, 12}), text({13, 14})};
    sequences[0].span_begin = 0;
    sequences[0].span_end = 2;
    sequences[1].span_begin = sequences[1].span_end = 1;
    return PackedBatch::pack(sequences, at::kCPU);
}

PackedBatch several_labels() {
    std::vector<Sequence> sequences = {text({10, 11, 12}), text({13, 14})};
    sequences[0].targets = {1, 0, 1};
    sequences[1].targets = {0, 0, 0};
    return PackedBatch::pack(sequences, at::kCPU);
}

// Two items, of three options and of two.
PackedBatch choices() {
    std::vector<Sequence> sequences = {text({10, 11}), text({10, 12, 13}), text({10, 14}), text({15, 16}),
                                       text({15, 17})};
    for (const std::size_t more : {1, 2, 4})
        sequences[more].follows = true;
    sequences[0].label = 1;
    sequences[3].label = 0;
    return PackedBatch::pack(sequences, at::kCPU);
}

/// The gradient of every trained tensor of the head, entry by entry, against (loss(w + h) − loss(w − h)) / 2h.
void check_gradients(Model& model, const PackedBatch& batch) {
    model.train_head();
    model.loss(model.logits(batch, {}), batch).sum.backward();
    for (Parameter* parameter : model.trainable()) {
        const at::Tensor gradient = parameter->value.grad().flatten();
        const c10::NoGradGuard guard;
        const at::Tensor flat = parameter->value.view({-1});
        double largest = 0;
        for (std::int64_t i = 0; i < flat.numel(); ++i) {
            const double step = 1e-2, value = flat[i].item<double>();
            double losses[2];
            for (const int sign : {0, 1}) {
                flat[i].fill_(value + (sign == 0 ? step : -step));
                losses[sign] = model.loss(model.logits(batch, {}), batch).sum.item<double>();
            }
            flat[i].fill_(value);
            const double expected = (losses[0] - losses[1]) / (2 * step), got = gradient[i].item<double>();
            QVERIFY2(std::abs(got - expected) < 2e-3 * std::max(1.0, std::abs(expected)),
                     qPrintable(QStringLiteral("%1[%2]: %3, %4")
                                    .arg(QString::fromStdString(parameter->name))
                                    .arg(i)
                                    .arg(got)
                                    .arg(expected)));
            largest = std::max(largest, std::abs(got));
        }
        // What a softmax over tokens, or over options, adds to all of them cancels.
        const bool one = batch.items() < batch.sequences() && parameter->value.numel() == 1;
        const bool cancels = parameter->name == "qa_outputs.bias" || one;
        QVERIFY2(cancels ? largest < 1e-5 : largest > 1e-3, parameter->name.c_str());
    }
}

} // namespace

class TestHeads : public QObject {
    Q_OBJECT

    void add_families(std::initializer_list<const char*> families) {
        QTest::addColumn<QString>("family");
        for (const char* family : families)
            QTest::addRow("%s", family) << family;
    }

private Q_SLOTS:
    // First and last token are chosen among the tokens of their own sequence; the loss is the mean of the two.
    void spanLossByHand() {
        const auto model = tiny_model("bert", {HeadKind::extractive_span, 0});
        const PackedBatch batch = spans();
        const at::Tensor logits = table({0.5, -1, 2, 0.25, -0.75, 1.5, 3, 0.125, -2, 1}, 2);
        const double first = ((log_sum({0.5, 2, -0.75}) - 0.5) + (log_sum({-1, 0.25, 1.5}) - 1.5)) / 2;
        const double second = ((log_sum({3, -2}) + 2) + (log_sum({0.125, 1}) - 1)) / 2;
        const LossTerms loss = model->loss(logits, batch);
        QCOMPARE(loss.count, std::int64_t(2));
        QVERIFY(std::abs(loss.sum.item<double>() - (first + second)) < 1e-5);
    }

    void spanLogitsAreOfTheTokens_data() { add_families({"bert", "roberta", "gpt2", "llama"}); }
    void spanLogitsAreOfTheTokens() {
        QFETCH(QString, family);
        const c10::NoGradGuard guard;
        const auto model = tiny_model(family.toStdString(), {HeadKind::extractive_span, 0});
        const PackedBatch batch = spans();
        const at::Tensor alone = model->logits(batch, {});
        QVERIFY((alone.sizes().vec() == std::vector<std::int64_t>{5, 2}));
        QVERIFY(at::allclose(alone, model->logits(batch, {}, Rows::all)));
        // With a prompt the rows of the batch's own tokens remain, in their order.
        model->set_prompt(std::make_unique<TinyPrompt>());
        const at::Tensor labelled = model->logits(batch, {}), all = model->logits(batch, {}, Rows::all);
        QVERIFY((labelled.sizes().vec() == std::vector<std::int64_t>{5, 2}));
        QVERIFY((all.sizes().vec() == std::vector<std::int64_t>{11, 2}));
        const std::int64_t rows[] = {3, 4, 5, 9, 10};
        for (std::int64_t i = 0; i < 5; ++i)
            QVERIFY(at::allclose(labelled[i], all[rows[i]]));
    }

    void spanGradients_data() { add_families({"bert", "llama"}); }
    void spanGradients() {
        QFETCH(QString, family);
        const auto model = tiny_model(family.toStdString(), {HeadKind::extractive_span, 0});
        check_gradients(*model, spans());
    }

    // −t log σ(x) − (1 − t) log(1 − σ(x)) for every label, also where σ(x) rounds to 0 or 1.
    void severalLabelsByHand() {
        const auto model = tiny_model("bert", {HeadKind::sequence_classification, 3, LabelForm::several});
        const PackedBatch batch = several_labels();
        const std::vector<double> x = {0.5, -1, 2, 0, 40, -90}, t = {1, 0, 1, 0, 0, 0};
        double expected = 0;
        for (std::size_t i = 0; i < x.size(); ++i)
            expected += std::log1p(std::exp(-std::abs(x[i]))) + std::max(x[i], 0.0) - t[i] * x[i];
        QVERIFY(std::abs(expected - (0.474077 + 0.313262 + 0.126928 + 0.693147 + 40)) < 1e-4);
        const LossTerms loss = model->loss(table(x, 3), batch);
        QCOMPARE(loss.count, std::int64_t(6));
        QVERIFY(std::abs(loss.sum.item<double>() - expected) < 1e-4);
        QVERIFY(std::abs(loss.mean().item<double>() - expected / 6) < 1e-4);
    }

    void severalLabelsGradients_data() { add_families({"bert", "roberta", "gpt2"}); }
    void severalLabelsGradients() {
        QFETCH(QString, family);
        const auto model = tiny_model(family.toStdString(), {HeadKind::sequence_classification, 3, LabelForm::several});
        check_gradients(*model, several_labels());
    }

    // Each label is a question of its own: changing one target moves the loss by that label's logit alone.
    void labelsDoNotCompete() {
        const c10::NoGradGuard guard;
        const auto model = tiny_model("bert", {HeadKind::sequence_classification, 3, LabelForm::several});
        PackedBatch batch = several_labels();
        const at::Tensor logits = model->logits(batch, {});
        QVERIFY((logits.sizes().vec() == std::vector<std::int64_t>{2, 3}));
        const double before = model->loss(logits, batch).sum.item<double>();
        batch.targets[1][2].fill_(1);
        const double after = model->loss(logits, batch).sum.item<double>();
        QVERIFY(std::abs(before - after - logits[1][2].item<double>()) < 1e-5);
    }

    // The sequences of an item compete, however many each item has.
    void choiceByHand() {
        const auto model = tiny_model("bert", {HeadKind::sequence_classification, 1, LabelForm::choice});
        const PackedBatch batch = choices();
        QCOMPARE(batch.items(), std::int64_t(2));
        const at::Tensor logits = table({0.5, -1, 2, 3, 0.25}, 1);
        const double first = log_sum({0.5, -1, 2}) - -1, second = log_sum({3, 0.25}) - 3;
        const LossTerms loss = model->loss(logits, batch);
        QCOMPARE(loss.count, std::int64_t(2));
        QVERIFY(std::abs(loss.sum.item<double>() - (first + second)) < 1e-5);
        const at::Tensor scores = by_item(logits, batch);
        QVERIFY((scores.sizes().vec() == std::vector<std::int64_t>{2, 3}));
        QVERIFY(scores[1][2].item<double>() == -std::numeric_limits<double>::infinity());
        QVERIFY((model->logits(batch, {}).sizes().vec() == std::vector<std::int64_t>{5, 1}));
    }

    void choiceGradients_data() { add_families({"bert", "roberta", "gpt2", "llama"}); }
    void choiceGradients() {
        QFETCH(QString, family);
        const auto model = tiny_model(family.toStdString(), {HeadKind::sequence_classification, 1, LabelForm::choice});
        check_gradients(*model, choices());
    }

    void theConfigSaysWhatKindOfProblemItIs() {
        Json document = tiny_config("bert").raw;
        QCOMPARE(parse_backbone_config(document, "config.json").problem_type, std::string());
        document["problem_type"] = "multi_label_classification";
        document["id2label"] = {{"0", "a"}, {"1", "b"}, {"2", "c"}};
        const BackboneConfig config = parse_backbone_config(document, "config.json");
        QCOMPARE(config.problem_type, std::string("multi_label_classification"));
        QCOMPARE(config.labels, std::int64_t(3));
        document["problem_type"] = 3;
        QVERIFY(caught([&] { parse_backbone_config(document, "config.json"); }).says("problem_type = 3"));
    }
};

DIAPASON_TEST(TestHeads)
#include "test_heads.moc"
