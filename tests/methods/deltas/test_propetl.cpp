// ProPETL: what is shared, what is masked, what is stored.

#include "core/model/stored_adapter.h"
#include "core/train/adamw.h"
#include "methods/catalog/propetl_plan.h"
#include "methods/deltas/propetl_tasks.h"
#include "methods/interchange/delta_folder/delta_folder.h"
#include "tests/support/tiny_methods.h"

#include <ATen/ops/equal.h>

#include <cmath>

using namespace diapason;
using namespace diapason::testing;
namespace fs = std::filesystem;

namespace {

OptionValues options_of(const std::string& method, const Json& given) {
    std::vector<Problem> problems;
    OptionValues options = OptionValues::from_json(method_info(method).options, given, method, problems);
    throw_if_any(problems, "test");
    return options;
}

const Json& preset_of(const std::string& name) {
    for (const MethodPreset& preset : method_info("propetl").presets) {
        if (preset.name == name) return preset.options;
    }
    throw std::logic_error("no preset " + name);
}

/// RoBERTa-base but for its vocabulary, which no adapter depends on.
BackboneConfig base_config() {
    return parse_backbone_config({{"model_type", "roberta"},
                                  {"vocab_size", 40},
                                  {"hidden_size", 768},
                                  {"num_hidden_layers", 12},
                                  {"num_attention_heads", 12},
                                  {"intermediate_size", 3072},
                                  {"max_position_embeddings", 514},
                                  {"type_vocab_size", 1},
                                  {"pad_token_id", 1}},
                                 "base");
}

at::Tensor logits_of(Model& model) {
    const c10::NoGradGuard guard;
    return model.logits(PackedBatch::pack(tiny_sequences(model.head_spec()), at::kCPU), {});
}

} // namespace

class TestPropetl : public QObject {
    Q_OBJECT
private Q_SLOTS:
    // The paper's 0.11 % of RoBERTa-base: a prototype in floats, and one bit an element and layer.
    void storageIsThePapers() {
        const BackboneConfig config = base_config();
        const TaskShape task{"sequence_classification", 2};
        const auto counts = [&](const char* name) {
            return method_info("propetl").count(config, task, options_of("propetl", preset_of(name)));
        };
        const ParameterCounts adapter = counts("propetl_adapter");
        QCOMPARE(adapter.stored, 99136);
        QCOMPARE(adapter.stored_bits, 99136 * 32 + 12 * 98304);
        QCOMPARE(adapter.stored_bits / 32, 136000);
        QCOMPARE(adapter.trained, 99136 + 12 * 98304);
        for (const char* name : {"propetl_lora", "propetl_prefix"}) {
            QCOMPARE(counts(name).stored, 98304);
            QCOMPARE(counts(name).stored_bits, 98304 * (32 + 12));
        }
    }

    // Of n elements in 12 layers, 12 n floats, are left n floats and 12 n bits: (1 + 12/32) / 12 = 1 / 8.73.
    void filesAreAsSmallAsCounted_data() {
        QTest::addColumn<QString>("preset");
        QTest::addColumn<QString>("method");
        QTest::addColumn<QString>("options");
        QTest::newRow("adapter") << "propetl_adapter"
                                 << "serial_adapter"
                                 << R"({"size": 64, "sites": "*.*.ffn.block"})";
        QTest::newRow("lora") << "propetl_lora"
                              << "lora"
                              << R"({"rank": 32})";
        QTest::newRow("prefix") << "propetl_prefix"
                                << "prefix_tuning"
                                << R"({"length": 64, "reparametrisation": "none"})";
    }
    void filesAreAsSmallAsCounted() {
        QFETCH(QString, preset);
        QFETCH(QString, method);
        QFETCH(QString, options);
        const TemporaryFolder folder;
        const auto bytes = [&](const std::string& id, const Json& given) {
            at::Generator draw = generator(3);
            const auto model = Model::create(base_config(), {HeadKind::none, 0}, at::kCPU, &draw);
            attach(*model, id, given);
            save_adapter(folder / "adapter.safetensors", *model, {{"format", "test"}});
            return static_cast<double>(fs::file_size(folder / "adapter.safetensors"));
        };
        const Json given = preset_of(preset.toStdString());
        const ParameterCounts counts =
            method_info("propetl").count(base_config(), {"none", 0}, options_of("propetl", given));
        const double small = bytes("propetl", given), counted = static_cast<double>(counts.stored_bits) / 8;
        QVERIFY2(small > counted && small < counted + 8192, // names and shapes
                 std::to_string(small).c_str());
        const double large = bytes(method.toStdString(), parse_json(options.toStdString(), "test"));
        QVERIFY2(large / small > 8.6, (std::to_string(large) + " / " + std::to_string(small)).c_str());
    }

    // The folders of golden cases name the same tensors: with their values the method is what they were made with.
    void equalsTheGoldenCases_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("options");
        QTest::newRow("adapter") << "propetl-adapter-roberta"
                                 << R"({"size": 6, "keep": 0.5})";
        QTest::newRow("lora") << "propetl-lora-bert"
                              << R"({"form": "lora", "rank": 4, "alpha": 6, "keep": 0.25})";
        QTest::newRow("prefix") << "propetl-prefix-bert"
                                << R"({"form": "prefix", "length": 4, "hidden": 8})";
    }
    void equalsTheGoldenCases() {
        QFETCH(QString, name);
        QFETCH(QString, options);
        const fs::path parity = fixtures() / "parity";
        const fs::path folder = parity / "exact" / name.toStdString();
        const Json document = read_json(folder / "case.json");
        const auto load = [&] {
            return Model::load(folder / document.at("backbone").get<std::string>(),
                               {HeadKind::sequence_classification, name.contains(QLatin1String("roberta")) ? 2 : 3},
                               at::kCPU);
        };
        const auto golden = load(), own = load();
        read_delta_folder(folder / "delta", *golden);
        attach(*own, "propetl", parse_json(options.toStdString(), "test"));
        const c10::NoGradGuard guard;
        QCOMPARE(own->deltas().all().size(), golden->deltas().all().size());
        for (const auto& parameter : golden->deltas().all())
            own->deltas().at(parameter->name).value.copy_(parameter->value);
        for (Parameter* parameter : own->head().trained())
            parameter->value.copy_(golden->weights().at(parameter->name).value);
        QVERIFY(at::equal(logits_of(*own), logits_of(*golden)));
    }

    void trainingMovesMasks() {
        const auto model = tiny_model("bert", head);
        attach(*model, "propetl", {{"size", 5}, {"mask_rate", 30.0}});
        std::vector<at::Tensor> values;
        std::vector<AdamW::Pace> paces;
        for (const Parameter* parameter : model->trainable()) {
            values.push_back(parameter->value);
            paces.push_back({parameter->rate, 1});
            QCOMPARE(parameter->rate, parameter->name.ends_with(".score") ? 30.0 : 1.0);
        }
        AdamW optimiser(values, {}, paces);
        Parameter& score = model->deltas().at("encoder.1.ffn.block.down.score");
        const at::Tensor before = kept_mask(score.value, 0.5);
        const PackedBatch batch = PackedBatch::pack(tiny_sequences(head), at::kCPU);
        for (int i = 0; i < 5; ++i) {
            model->loss(model->logits(batch, {}), batch).mean().backward();
            optimiser.accumulate();
            optimiser.step(0.001);
        }
        const at::Tensor after = kept_mask(score.value, 0.5);
        QVERIFY(!at::equal(before, after));
        QCOMPARE(after.sum().item<double>(), before.sum().item<double>());
    }

    void layersShareWhatTheyShare() {
        const auto names = [&](const Json& options) {
            const auto model = tiny_model("bart", {HeadKind::seq2seq_lm, 0});
            attach(*model, "propetl", options);
            std::vector<std::string> list;
            for (const auto& parameter : model->deltas().all())
                list.push_back(parameter->name);
            return list;
        };
        // Encoder and decoder together; cross attention has a prototype of its own.
        QCOMPARE(names({{"sharing", "share_only"}, {"size", 2}}).size(), std::size_t(4));
        QCOMPARE(names({{"sharing", "share_only"}, {"form", "lora"}}).size(), std::size_t(2 * 2 * 2));
        QCOMPARE(names({{"sharing", "mask_only"}, {"size", 2}}).size(), std::size_t(6 * (4 + 2)));
        const auto result = caught([&] { names({{"form", "lora"}, {"targets", "fc1"}}); });
        QVERIFY2(result.message.find("one prototype serves both") != std::string::npos, result.message.c_str());
        QVERIFY(caught([&] { names({{"sites", "kv"}}); }).message.find("point block") != std::string::npos);
    }

    void masksOfTasksAndLayersCombine() {
        const at::Tensor a = at::tensor({0.f, 0.f, 1.f, 1.f}), b = at::tensor({0.f, 1.f, 0.f, 1.f});
        QVERIFY(at::equal(combined_masks(a, b, MaskRule::any), at::tensor({0.f, 1.f, 1.f, 1.f})));
        QVERIFY(at::equal(combined_masks(a, b, MaskRule::both), at::tensor({0.f, 0.f, 0.f, 1.f})));
        QVERIFY(at::equal(combined_masks(a, b, MaskRule::sum), at::tensor({0.f, 1.f, 1.f, 2.f})));
    }

    void tasksHaveMasksOfTheirOwn_data() {
        QTest::addColumn<QString>("form");
        QTest::addColumn<int>("rule");
        for (const char* form : {"adapter", "lora", "prefix"}) {
            for (const MaskRule rule : {MaskRule::any, MaskRule::both, MaskRule::sum})
                QTest::addRow("%s %d", form, int(rule)) << form << int(rule);
        }
    }
    void tasksHaveMasksOfTheirOwn() {
        QFETCH(QString, form);
        QFETCH(int, rule);
        const OptionValues options = options_of(
            "propetl",
            {{"form", form.toStdString()}, {"size", 4}, {"rank", 4}, {"length", 4}, {"hidden", 5}, {"keep", 0.3}});
        const auto build = [&](TaskMasks*& masks) {
            auto model = tiny_model("bert", head);
            MethodContext context{nullptr, {}, generator(11)};
            masks = &attach_propetl_tasks(options, 3, MaskRule(rule), *model, context);
            return model;
        };
        TaskMasks *masks = nullptr, *others = nullptr;
        const auto model = build(masks), fresh = build(others);
        shake(*model);
        // Counted as by formula.
        PropetlPlan plan = propetl_plan(model->config(), options);
        plan.tasks = 3;
        std::int64_t trained = 0, bits = 0;
        for (const Parameter* parameter : model->trainable())
            trained += model->in_head(parameter) ? 0 : parameter->value.numel();
        for (const StoredTensor& stored : stored_tensors(*model))
            bits += stored.in_head ? 0 : stored.bits();
        QCOMPARE(trained, plan.counts().trained);
        QCOMPARE(bits, plan.counts().stored_bits);
        // Each task is another function, and only its own scores are trained.
        std::vector<at::Tensor> seen;
        const PackedBatch batch = PackedBatch::pack(tiny_sequences(head), at::kCPU);
        for (std::size_t task = 0; task < 3; ++task) {
            masks->select(task);
            model->loss(model->logits(batch, {}), batch).mean().backward();
            for (Parameter* parameter : model->trainable()) {
                const auto at = parameter->name.find(".task");
                if (at == std::string::npos) continue;
                const bool own = parameter->name.substr(at, 6) == ".task" + std::to_string(task);
                QCOMPARE(parameter->value.grad().defined(), own);
                parameter->value.mutable_grad() = at::Tensor();
            }
            for (const at::Tensor& other : seen)
                QVERIFY(!at::equal(other, logits_of(*model)));
            seen.push_back(logits_of(*model));
        }
        QVERIFY(caught([&] { masks->select(3); }).thrown);
        // One file holds them all.
        const TemporaryFolder folder;
        save_adapter(folder / "tasks.safetensors", *model, {});
        load_adapter(TensorFile(folder / "tasks.safetensors"), *fresh);
        for (std::size_t task = 0; task < 3; ++task) {
            others->select(task);
            QVERIFY(at::equal(logits_of(*fresh), seen[task]));
        }
    }

    void tasksNeedASharedPrototype() {
        const auto model = tiny_model("bert", head);
        MethodContext context{nullptr, {}, generator(11)};
        const auto result = caught([&] {
            attach_propetl_tasks(options_of("propetl", {{"sharing", "mask_only"}}), 2, MaskRule::any, *model, context);
        });
        QVERIFY(result.message.find("shared prototype") != std::string::npos);
    }

private:
    const HeadSpec head{HeadKind::sequence_classification, 3};
};

DIAPASON_TEST(TestPropetl)
#include "tests/support/places.h"

#include "test_propetl.moc"
