// Rotary scalings: frequencies and whole models against transformers, lengths of sequences in company, bad settings.

#include "core/backbone/rotary_scaling.h"
#include "core/eval/incremental.h"
#include "core/model/rotary.h"
#include "tests/support/tiny_models.h"

#include <ATen/ops/allclose.h>
#include <c10/core/GradMode.h>

using namespace diapason;
using namespace diapason::testing;

namespace {

// Produced by transformers 5.18.0, torch 2.13.0: ROPE_INIT_FUNCTIONS, and LlamaForCausalLM with the weights beside it.
std::filesystem::path folder() {
    return fixtures() / "rotary";
}

Json tiny_llama(const Json& scaling) {
    Json document = read_json(folder() / "models.json").at("config");
    document["rope_scaling"] = scaling;
    return document;
}

std::unique_ptr<Model> model_with(const Json& scaling) {
    const TemporaryFolder backbone;
    write_text(backbone / "config.json", tiny_llama(scaling).dump());
    std::filesystem::copy_file(folder() / "model.safetensors", backbone / "model.safetensors");
    return Model::load(backbone.path(), {HeadKind::causal_lm, 0}, at::kCPU);
}

Sequence sequence_of(const Json& ids, std::size_t length) {
    Sequence sequence;
    for (std::size_t i = 0; i < length; ++i)
        sequence.ids.push_back(ids.at(i).get<std::int64_t>());
    return sequence;
}

} // namespace

class TestRotary : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void frequenciesEqualTheReference_data() {
        QTest::addColumn<int>("index");
        const Json cases = read_json(folder() / "frequencies.json");
        for (std::size_t i = 0; i < cases.size(); ++i)
            QTest::newRow(cases[i].at("name").get<std::string>().c_str()) << int(i);
    }
    void frequenciesEqualTheReference() {
        QFETCH(int, index);
        const Json one = read_json(folder() / "frequencies.json").at(std::size_t(index));
        const RotaryScaling scaling = rotary_scaling(parse_backbone_config(one.at("config"), "config.json"));
        const auto frequencies = scaling.frequencies(one.at("length").get<std::int64_t>());
        const Json& expected = one.at("frequencies");
        QCOMPARE(frequencies.size(), expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i) {
            const double wanted = expected[i].get<double>();
            QVERIFY2(std::abs(frequencies[i] - wanted) <= 1e-6 * wanted,
                     qPrintable(QString::number(frequencies[i], 'g', 12)));
        }
        QVERIFY(std::abs(scaling.magnitude - one.at("magnitude").get<double>()) < 1e-12);
    }

    void wholeModelsEqualTheReference_data() {
        QTest::addColumn<int>("index");
        const Json models = read_json(folder() / "models.json").at("models");
        for (std::size_t i = 0; i < models.size(); ++i)
            QTest::newRow(models[i].at("name").get<std::string>().c_str()) << int(i);
    }
    // Ten tokens are within the trained length and forty beyond it; both are read in one batch, so that a length which
    // leaked from one sequence to the other would show.
    void wholeModelsEqualTheReference() {
        QFETCH(int, index);
        const c10::NoGradGuard guard;
        const Json document = read_json(folder() / "models.json");
        const Json& one = document.at("models").at(std::size_t(index));
        const auto model = model_with(one.at("rope_scaling"));
        std::vector<Sequence> texts;
        for (const Json& length : document.at("lengths"))
            texts.push_back(sequence_of(document.at("ids"), length.get<std::size_t>()));
        const PackedBatch batch = PackedBatch::pack(texts, at::kCPU);
        const at::Tensor logits = model->logits(batch, {}, Rows::all);
        const TensorFile file(folder() / "logits.safetensors");
        const TensorEntry* entry = file.find(one.at("name").get<std::string>());
        QVERIFY(entry != nullptr);
        const at::Tensor expected = read_tensor(file, *entry, false);
        for (std::size_t s = 0; s < texts.size(); ++s) {
            const at::Tensor got = logits[batch.offsets[s + 1] - 1], wanted = expected[std::int64_t(s)];
            const double difference = (got - wanted).abs().max().item<double>();
            QVERIFY2(difference < 2e-5 * std::max(1.0, wanted.abs().max().item<double>()),
                     qPrintable(QString::number(difference)));
        }
    }

    // As long as a text stays within the trained length, writing it step by step changes nothing.
    void stepsOverACacheWithinTheTrainedLength() {
        const auto model = model_with({{"rope_type", "dynamic"}, {"factor", 3.0}});
        const Sequence text = sequence_of(read_json(folder() / "models.json").at("ids"), 20);
        const c10::NoGradGuard guard;
        const at::Tensor whole = model->logits(PackedBatch::pack({&text, 1}, at::kCPU), {}, Rows::all);
        IncrementalDecoder decoder(*model, {{text.ids.begin(), text.ids.begin() + 12}}, -1);
        at::Tensor logits = decoder.start();
        for (std::size_t i = 12; i < 20; ++i)
            logits = decoder.step({0}, {text.ids[i]});
        QVERIFY(at::allclose(logits[0], whole[19], 1e-4, 1e-5));
    }

    void badScalingsAreRefused_data() {
        QTest::addColumn<QByteArray>("scaling");
        QTest::addColumn<QByteArray>("reason");
        const auto row = [](const char* name, const char* scaling, const char* reason) {
            QTest::newRow(name) << QByteArray(scaling) << QByteArray(reason);
        };
        row("no object", "3", "must be an object");
        row("unknown kind", R"({"type": "su"})", "Choose from default, linear, dynamic, llama3, yarn, longrope");
        row("kind is a number", R"({"rope_type": 4})", "rope_scaling.rope_type = 4");
        row("no factor", R"({"type": "linear"})", "rope_scaling.factor: is missing");
        row("factor 0", R"({"type": "linear", "factor": 0})", "rope_scaling.factor = 0");
        row("factor is a text", R"({"type": "dynamic", "factor": "2"})", "rope_scaling.factor");
        row("dynamic below 1", R"({"type": "dynamic", "factor": 0.5})", "rope_scaling.factor = 0.5");
        row("llama3 without borders", R"({"type": "llama3", "factor": 8})", "low_freq_factor: is missing");
        row("llama3 without a band", R"({"type": "llama3", "factor": 8, "low_freq_factor": 4, "high_freq_factor": 4})",
            "must be above low_freq_factor");
        row("original length 0", R"({"type": "yarn", "factor": 2, "original_max_position_embeddings": 0})",
            "rope_scaling.original_max_position_embeddings = 0");
        row("yarn with base 1", R"({"type": "yarn", "factor": 2, "rope_theta": 1})", "a base above 1");
        row("truncate", R"({"type": "yarn", "factor": 2, "truncate": 1})", "rope_scaling.truncate = 1");
        row("longrope without lists", R"({"type": "longrope"})", "short_factor: must be a list of 4 numbers");
        row("longrope with a short list", R"({"type": "longrope", "short_factor": [1, 1, 1, 1], "long_factor": [1]})",
            "long_factor: must be a list of 4 numbers");
        row("longrope with 0", R"({"type": "longrope", "short_factor": [1, 1, 0, 1], "long_factor": [1, 1, 1, 1]})",
            "short_factor");
        row("part of a head", R"({"type": "linear", "factor": 2, "partial_rotary_factor": 0.5})",
            "partial_rotary_factor = 0.5");
        row("by kind of layer", R"({"full_attention": {"rope_type": "default"}})", "rope_scaling.full_attention");
        row("base", R"({"rope_theta": -1})", "rope_scaling.rope_theta = -1");
    }
    void badScalingsAreRefused() {
        QFETCH(QByteArray, scaling);
        QFETCH(QByteArray, reason);
        const Json document = tiny_llama(Json::parse(scaling.toStdString()));
        const Caught error = caught([&] { parse_backbone_config(document, "config.json"); });
        QVERIFY(error.thrown && error.kind == ErrorKind::input);
        QVERIFY2(error.says(reason.toStdString()) && error.says("config.json"), error.message.c_str());
    }

    void headsMustBeEven() {
        Json document = tiny_llama(nullptr);
        document["head_dim"] = 7;
        QVERIFY(caught([&] { parse_backbone_config(document, "config.json"); }).says("head_dim = 7"));
    }
};

DIAPASON_TEST(TestRotary)
#include "test_rotary.moc"
