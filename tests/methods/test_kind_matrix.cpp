// What holds for every method with every kind of task that a head answers: the property matrix
// (test_property_matrix.cpp) over kinds instead of variants of methods.

#include "core/model/stored_adapter.h"
#include "core/train/trainer.h"
#include "tests/support/tiny_methods.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/cat.h>

using namespace diapason;
using namespace diapason::testing;

namespace {

/// A head, and what its tasks put on a sequence.
struct KindOfHead {
    const char* name;
    HeadSpec head;
    void (*label)(Sequence& sequence, std::size_t number);
};

const std::vector<KindOfHead>& kinds_of_heads() {
    static const std::vector<KindOfHead> kinds = {
        {"several labels",
         {HeadKind::sequence_classification, 3, LabelForm::several},
         [](Sequence& sequence, std::size_t i) {
             sequence.targets = {i % 2 ? 1.0F : 0.0F, i % 3 ? 0.0F : 1.0F, 1.0F};
         }},
        {"numbers",
         {HeadKind::sequence_classification, 1, LabelForm::numbers},
         [](Sequence& sequence, std::size_t i) { sequence.targets = {static_cast<float>(i) - 2.0F}; }},
        {"choice",
         {HeadKind::sequence_classification, 1, LabelForm::choice},
         [](Sequence& sequence, std::size_t i) {
             sequence.label = 1;
             sequence.follows = i % 3 != 0; // items of three options
         }},
        {"tags",
         {HeadKind::token_classification, 3},
         [](Sequence& sequence, std::size_t i) {
             sequence.labels.assign(sequence.ids.size(), -100);
             for (std::size_t t = 0; t < sequence.ids.size(); t += 2)
                 sequence.labels[t] = static_cast<std::int64_t>((i + t) % 3);
         }},
        {"spans",
         {HeadKind::extractive_span, 0},
         [](Sequence& sequence, std::size_t i) {
             sequence.span_begin = static_cast<std::int64_t>(i % 2);
             sequence.span_end = 2;
         }},
    };
    return kinds;
}

/// Options with which a method fits a tiny model and needs no words.
Json options_of(const MethodInfo& info) {
    Json options = Json::object();
    for (const OptionDescriptor& option : info.options) {
        if (option.name == "length" || option.name == "size" || option.name == "rank") options[option.name] = 4;
        if (option.name == "hidden") options["hidden"] = 6;
        if (option.name == "init" && (info.id == "prompt_tuning" || info.id == "instruction_prompt_tuning"))
            options["init"] = "random";
    }
    return options;
}

std::vector<Sequence> sequences_of(const KindOfHead& kind) {
    std::vector<Sequence> sequences;
    for (Sequence sequence : tiny_sequences({HeadKind::sequence_classification, 3})) {
        sequence.label = -100;
        kind.label(sequence, sequences.size());
        sequences.push_back(std::move(sequence));
    }
    return sequences;
}

} // namespace

class TestKindMatrix : public QObject {
    Q_OBJECT

    static void add_matrix() {
        QTest::addColumn<QString>("method");
        QTest::addColumn<QString>("family");
        QTest::addColumn<int>("kind");
        for (const MethodInfo& info : method_catalog()) {
            for (const char* family : {"bert", "roberta", "gpt2", "llama"}) {
                for (std::size_t k = 0; k < kinds_of_heads().size(); ++k) {
                    const HeadSpec& head = kinds_of_heads()[k].head;
                    std::vector<Problem> problems;
                    const auto options = OptionValues::from_json(info.options, options_of(info), info.id, problems);
                    const TaskShape shape{name_of(head.kind), head.labels};
                    if (!info.refusal(tiny_config(family), shape, options).empty()) continue;
                    QTest::addRow("%s on %s, %s", info.id.c_str(), family, kinds_of_heads()[k].name)
                        << QString::fromStdString(info.id) << family << static_cast<int>(k);
                }
            }
        }
    }
    static std::unique_ptr<Model> attached(const QString& method, const QString& family, const HeadSpec& head) {
        auto model = tiny_model(family.toStdString(), head);
        attach(*model, method.toStdString(), options_of(method_info(method.toStdString())));
        return model;
    }

private Q_SLOTS:
    void learnsAndLeavesTheRestAlone_data() { add_matrix(); }
    void learnsAndLeavesTheRestAlone() {
        QFETCH(QString, method);
        QFETCH(QString, family);
        QFETCH(int, kind);
        const KindOfHead& of = kinds_of_heads()[static_cast<std::size_t>(kind)];
        const auto model = attached(method, family, of.head);
        const PackedBatch batch = PackedBatch::pack(sequences_of(of), at::kCPU);
        const auto loss = [&] { return model->loss(model->logits(batch, {}), batch).mean(); };
        loss().backward();
        for (const Parameter* parameter : model->trainable()) {
            QVERIFY2(parameter->value.grad().defined(), parameter->name.c_str());
            parameter->value.mutable_grad() = at::Tensor();
        }
        for (const Parameter* parameter : model->frozen())
            QVERIFY2(!parameter->value.grad().defined(), parameter->name.c_str());
        const std::string frozen = model->hash_frozen();
        const double before = loss().item<double>();
        TrainerOptions options;
        options.learning_rate = 0.01;
        options.steps = 10;
        options.schedule = ScheduleKind::constant;
        Trainer trainer(*model, options);
        for (int i = 0; i < 10; ++i)
            trainer.step([&] { return batch; });
        const double after = loss().item<double>();
        QVERIFY2(after < before, (std::to_string(before) + " became " + std::to_string(after)).c_str());
        QCOMPARE(model->hash_frozen(), frozen);
        // What a run stores, read into a model to which the same method was attached afresh.
        const TemporaryFolder folder;
        save_adapter(folder / "adapter.safetensors", *model, {});
        const auto fresh = attached(method, family, of.head);
        load_adapter(TensorFile(folder / "adapter.safetensors"), *fresh);
        const c10::NoGradGuard guard;
        // What an MLP makes of a prefix may differ in the last bit from where it is read.
        QVERIFY(at::allclose(model->logits(batch, {}), fresh->logits(batch, {}), 1e-6, 1e-6));
    }

    // A batch computes what its items give alone.
    void companyChangesNothing_data() { add_matrix(); }
    void companyChangesNothing() {
        QFETCH(QString, method);
        QFETCH(QString, family);
        QFETCH(int, kind);
        const KindOfHead& of = kinds_of_heads()[static_cast<std::size_t>(kind)];
        const auto model = attached(method, family, of.head);
        shake(*model);
        const c10::NoGradGuard guard;
        const std::vector<Sequence> sequences = sequences_of(of);
        const PackedBatch batch = PackedBatch::pack(sequences, at::kCPU);
        const at::Tensor logits = model->logits(batch, {});
        std::vector<at::Tensor> alone;
        double loss = 0;
        for (std::size_t begin = 0, end = 0; begin < sequences.size(); begin = end) {
            for (end = begin + 1; end < sequences.size() && sequences[end].follows; ++end)
                ;
            const PackedBatch item = PackedBatch::pack(std::span(sequences).subspan(begin, end - begin), at::kCPU);
            alone.push_back(model->logits(item, {}));
            loss += model->loss(alone.back(), item).sum.item<double>();
        }
        QVERIFY(at::allclose(logits, at::cat(alone), 1e-5, 1e-5));
        const double together = model->loss(logits, batch).sum.item<double>();
        QVERIFY2(std::abs(together - loss) < 1e-4 * std::max(1.0, std::abs(loss)),
                 (std::to_string(together) + ", alone " + std::to_string(loss)).c_str());
    }
};

DIAPASON_TEST(TestKindMatrix)
#include "test_kind_matrix.moc"
