// What holds for every method on every backbone family. A new method is in this matrix once it is registered.

#include "core/model/stored_adapter.h"
#include "core/train/trainer.h"
#include "methods/catalog/method_info.h"
#include "methods/method.h"
#include "tests/support/tiny_methods.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/dot.h>
#include <ATen/ops/equal.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string_view>

using namespace diapason;
using namespace diapason::testing;

namespace {

/// A method with options that fit a tiny model without words.
struct Variant {
    std::string name, method;
    Json options;
    bool preset = false;
};

/// What a method is tried with: every choice that changes what is computed. A method that is not named here is tried
/// with its defaults.
std::vector<Variant> variants() {
    const Json lora = {{"rank", 3}, {"alpha", 6.0}, {"targets", "q,v,fc1"}};
    const auto with = [](Json options, const Json& more) {
        options.update(more);
        return options;
    };
    std::vector<Variant> list = {
        {"prompt_tuning", "prompt_tuning", {{"length", 4}, {"init", "random"}}},
        {"instruction_prompt_tuning", "instruction_prompt_tuning", {{"length", 4}, {"init", "random"}}},
        {"p_tuning mlp", "p_tuning", {{"length", 3}, {"hidden", 5}}},
        {"p_tuning lstm", "p_tuning", {{"length", 3}, {"hidden", 5}, {"encoder", "lstm"}}},
        {"p_tuning plain", "p_tuning", {{"length", 3}, {"encoder", "none"}}},
        {"prefix mlp", "prefix_tuning", {{"length", 3}, {"hidden", 6}}},
        {"prefix flat", "prefix_tuning", {{"length", 3}, {"reparametrisation", "none"}, {"relative_bias", "zero"}}},
        {"p_tuning in a template",
         "p_tuning",
         {{"placement", "template"}, {"template", "{2}{text}{1}"}, {"hidden", 5}}},
        {"p_tuning tuned", "p_tuning", {{"length", 3}, {"encoder", "none"}, {"tune_backbone", true}}},
        {"prefix gated",
         "prefix_tuning",
         {{"length", 3}, {"hidden", 6}, {"composition", "gated"}, {"relative_bias", "zero"}}},
        {"infix", "prefix_tuning", {{"length", 3}, {"hidden", 6}, {"placement", "infix"}}},
        {"infix of embeddings",
         "prefix_tuning",
         {{"length", 3}, {"reparametrisation", "none"}, {"placement", "infix"}, {"depth", "embedding"}}},
        {"prefix of embeddings", "prefix_tuning", {{"length", 3}, {"hidden", 6}, {"depth", "embedding"}}},
        {"prefix on one layer",
         "prefix_tuning",
         {{"length", 2}, {"sites", "*.1.self_attn.kv"}, {"position_shift", "none"}}},
        {"lora", "lora", lora},
        {"lora all", "lora", with(lora, {{"targets", "linear"}, {"scaling", "alpha_over_sqrt_rank"}})},
        {"lora patterns", "lora", with(lora, {{"rank_pattern", "fc1=5 *.0.self_attn.q=1"}, {"alpha_pattern", "v=2"}})},
        {"lora fused", "lora", with(lora, {{"targets", "q,k,v"}, {"fused", "whole"}})},
        {"dora fused", "lora", with(lora, {{"targets", "q,k,v"}, {"fused", "whole"}, {"dora", true}})},
        {"lora biases of targets", "lora", with(lora, {{"bias", "targets"}})},
        {"lora all biases", "lora", with(lora, {{"bias", "all"}})},
        {"dora", "lora", with(lora, {{"dora", true}})},
        {"vera", "vera", {{"rank", 5}, {"targets", "q,v,fc1"}}},
        {"vera by its seed", "vera", {{"rank", 4}, {"targets", "linear"}, {"save_projection", false}}},
        {"vera fused", "vera", {{"rank", 5}, {"targets", "q,k,v"}, {"fused", "whole"}}},
        {"ia3", "ia3", {}},
        {"ia3 output", "ia3", {{"targets", "q,v"}, {"ffn", "fc1_output"}}},
        {"serial low rank", "serial_adapter", {{"size", 3}, {"form", "low_rank"}, {"composition", "learned"}}},
        {"serial behind the sum", "serial_adapter", {{"size", 3}, {"input", "sum"}, {"init", "normal"}}},
        {"serial at projections", "serial_adapter", {{"size", 3}, {"sites", "o,fc1"}}},
        {"serial at heads", "serial_adapter", {{"size", 3}, {"sites", "heads"}, {"norm", "both"}}},
        {"serial without the first layer", "serial_adapter", {{"size", 3}, {"drop_first", 1}, {"norm", "in"}}},
        {"parallel of the input", "parallel_adapter", {{"size", 3}, {"input", "sublayer_input"}, {"sites", "block"}}},
        {"parallel learned", "parallel_adapter", {{"size", 3}, {"composition", "learned"}, {"init", "normal"}}},
        {"parallel at projections", "parallel_adapter", {{"size", 3}, {"sites", "q,v,fc2"}}},
        {"multi-head", "multi_head_adapter", {{"size", 3}, {"composition", "learned"}}},
        {"compacter", "compacter", {{"size", 4}, {"kronecker", 2}}},
        {"compacter rank 2", "compacter", {{"size", 8}, {"kronecker_rank", 2}, {"input", "normalised_sum"}}},
        {"propetl lora", "propetl", {{"form", "lora"}, {"rank", 3}, {"alpha", 6.0}, {"keep", 0.3}, {"targets", "q,v"}}},
        {"propetl prefix", "propetl", {{"form", "prefix"}, {"length", 3}, {"hidden", 6}, {"keep", 0.3}}},
        {"propetl share only", "propetl", {{"sharing", "share_only"}, {"size", 3}, {"sites", "block"}}},
        {"propetl prefix share only",
         "propetl",
         {{"form", "prefix"}, {"length", 3}, {"hidden", 6}, {"sharing", "share_only"}}},
        {"propetl mask only", "propetl", {{"sharing", "mask_only"}, {"size", 3}, {"keep", 0.4}}},
        {"propetl lora mask only",
         "propetl",
         {{"form", "lora"}, {"rank", 3}, {"sharing", "mask_only"}, {"targets", "q,fc1"}}},
        {"propetl prefix mask only",
         "propetl",
         {{"form", "prefix"}, {"length", 3}, {"hidden", 6}, {"sharing", "mask_only"}}},
        {"mam", "mam", {{"length", 3}, {"hidden", 6}, {"size", 3}}},
        {"mam flat", "mam", {{"length", 3}, {"reparametrisation", "none"}, {"size", 3}, {"composition", "learned"}}}};
    for (const MethodInfo& info : method_catalog()) {
        for (const MethodPreset& preset : info.presets) {
            Json options = preset.options;
            for (const char* size : {"size", "rank", "length", "hidden"}) { // presets are for large backbones
                const bool has = std::any_of(info.options.begin(), info.options.end(),
                                             [&](const OptionDescriptor& option) { return option.name == size; });
                if (has) options[size] = 4;
            }
            if (options.value("init", "") == "label") options["init"] = "random"; // no words here
            list.push_back({info.id + " preset " + preset.name, info.id, options, true});
        }
    }
    for (const char* init : {"gaussian", "orthogonal", "pissa", "olora", "linear"})
        list.push_back({std::string("lora ") + init, "lora", with(lora, {{"init", init}, {"rank", 4}})});
    for (const MethodInfo& info : method_catalog()) {
        if (std::none_of(list.begin(), list.end(), [&](const Variant& v) { return v.method == info.id; }))
            list.push_back({info.id, info.id, Json::object()});
    }
    return list;
}

const Variant& variant_of(const std::string& name) {
    static const std::vector<Variant> all = variants();
    return *std::find_if(all.begin(), all.end(), [&](const Variant& variant) { return variant.name == name; });
}

OptionValues options_of(const Variant& variant) {
    std::vector<Problem> problems;
    OptionValues options =
        OptionValues::from_json(method_info(variant.method).options, variant.options, variant.name, problems);
    throw_if_any(problems, "test");
    return options;
}

constexpr std::array<std::string_view, 3> one_family_of_each_build = {"bert", "gpt2", "t5"};

/// Heads of a family that a variant can have; with `trained`, those with which something is trained.
std::vector<std::string> heads_for(const Variant& variant, const std::string& family, bool trained) {
    std::vector<std::string> heads;
    for (const HeadSpec& head : heads_of(family)) {
        const MethodInfo& info = method_info(variant.method);
        const TaskShape shape{name_of(head.kind), head.labels};
        const OptionValues options = options_of(variant);
        if (!info.refusal(tiny_config(family), shape, options).empty()) continue;
        const ParameterCounts counts = info.count(tiny_config(family), shape, options);
        if (!trained || counts.trained + counts.head > 0) heads.push_back(shape.head);
    }
    return heads;
}

struct Prepared {
    std::unique_ptr<Model> model;
    HeadSpec head;
    TaskShape shape;
    OptionValues options;
    std::vector<Sequence> sequences;
    PackedBatch batch;
};

// Labels move with their tokens; those of a decoder beside an encoder stay.
void insert(const PromptTemplate& text, Sequence& sequence) {
    insert_template(
        text, [](std::int64_t) { return false; }, sequence.ids, sequence.type_ids);
    if (!sequence.target_ids.empty() || sequence.labels.empty()) return;
    if (text.before_last) sequence.labels.back() = sequence.ids.front(); // the only row that sees what stands there
    std::vector<std::int64_t> none;
    PromptTemplate blank = text;
    for (auto* side : {&blank.front, &blank.back})
        side->assign(side->size(), -100);
    insert_template(
        blank, [](std::int64_t) { return false; }, sequence.labels, none);
}

Prepared prepare(const QString& method_name, const QString& family_name, const QString& head_name,
                 at::Device device = at::kCPU) {
    const Variant& variant = variant_of(method_name.toStdString());
    const std::string &method = variant.method, family = family_name.toStdString();
    Prepared prepared;
    prepared.head.kind = head_kind_from(head_name.toStdString());
    prepared.head.labels = prepared.head.kind == HeadKind::sequence_classification ? 3 : 0;
    prepared.shape = {name_of(prepared.head.kind), prepared.head.labels};
    prepared.model = tiny_model(family, prepared.head, device);
    prepared.options = options_of(variant);
    MethodContext context{nullptr, {}, generator(11)};
    attach_method(method, prepared.options, *prepared.model, context);
    prepared.sequences = tiny_sequences(prepared.head);
    if (const PromptTemplate* text = prepared.model->prompt_template()) {
        for (Sequence& sequence : prepared.sequences)
            insert(*text, sequence);
    }
    prepared.batch = PackedBatch::pack(prepared.sequences, device);
    return prepared;
}

AdamW optimiser_of(const Prepared& p) {
    std::vector<at::Tensor> values;
    for (Parameter* parameter : p.model->trainable())
        values.push_back(parameter->value);
    return AdamW(std::move(values), {});
}

double loss_of(Prepared& p, bool backward = false) {
    const LossTerms terms = p.model->loss(p.model->logits(p.batch, {}), p.batch);
    const at::Tensor loss = terms.mean();
    if (backward) loss.backward();
    return loss.item<double>();
}

void train(Prepared& p, AdamW& optimiser, int steps) {
    for (int i = 0; i < steps; ++i) {
        loss_of(p, true);
        optimiser.accumulate();
        optimiser.step(0.01);
    }
}

} // namespace

class TestPropertyMatrix : public QObject {
    Q_OBJECT

    // A method's first variant meets every head of a family; the others take turns at them, save where
    // DIAPASON_WHOLE_MATRIX is set. Prompting trains nothing: the tests of training have nothing to say of it.
    void add_matrix(bool trained = false) {
        QTest::addColumn<QString>("method");
        QTest::addColumn<QString>("family");
        QTest::addColumn<QString>("head");
        const bool whole = qEnvironmentVariableIsSet("DIAPASON_WHOLE_MATRIX");
        std::set<std::string> seen;
        std::size_t turn = 0;
        for (const Variant& variant : variants()) {
            const bool first = seen.insert(variant.method).second;
            ++turn;
            for (const char* family : all_families) {
                // A preset is options that are tried on every family by themselves: one family of each build.
                const bool chosen = std::find(one_family_of_each_build.begin(), one_family_of_each_build.end(),
                                              family) != one_family_of_each_build.end();
                if (variant.preset && !chosen) continue;
                std::vector<std::string> heads = heads_for(variant, family, trained);
                if (!first && !whole && !heads.empty()) heads = {heads[turn % heads.size()]};
                for (const std::string& head : heads)
                    QTest::addRow("%s on %s, %s", variant.name.c_str(), family, head.c_str())
                        << QString::fromStdString(variant.name) << family << QString::fromStdString(head);
            }
        }
    }

private Q_SLOTS:
    void countsAreAsByFormula_data() { add_matrix(); }
    void countsAreAsByFormula() {
        QFETCH(QString, method);
        QFETCH(QString, family);
        QFETCH(QString, head);
        const Prepared p = prepare(method, family, head);
        const ParameterCounts formula =
            method_info(variant_of(method.toStdString()).method).count(p.model->config(), p.shape, p.options);
        std::int64_t trained = 0, in_head = 0;
        for (const Parameter* parameter : p.model->trainable())
            (p.model->in_head(parameter) ? in_head : trained) += parameter->value.numel();
        QCOMPARE(trained, formula.trained);
        QCOMPARE(in_head, formula.head);
        std::int64_t floats = 0, bits = 0;
        for (const StoredTensor& stored : stored_tensors(*p.model)) {
            if (stored.in_head) continue;
            bits += stored.bits();
            if (stored.value.scalar_type() != at::kBool) floats += stored.value.numel();
        }
        QCOMPARE(floats, formula.stored);
        QCOMPARE(bits, formula.stored_bits);
    }

    void startsAsDeclared_data() { add_matrix(); }
    void startsAsDeclared() {
        QFETCH(QString, method);
        QFETCH(QString, family);
        QFETCH(QString, head);
        const Prepared p = prepare(method, family, head);
        const auto bare = tiny_model(family.toStdString(), p.head);
        const std::vector<Sequence> sequences = tiny_sequences(p.head);
        const c10::NoGradGuard guard;
        const at::Tensor own = p.model->logits(p.batch, {});
        const at::Tensor backbones = bare->logits(PackedBatch::pack(sequences, at::kCPU), {});
        const bool other = !other_start(method_info(variant_of(method.toStdString()).method), p.options).empty();
        if (other)
            QVERIFY(own.sizes() != backbones.sizes() || !at::equal(own, backbones));
        else
            QVERIFY(at::allclose(own, backbones, 1e-5, 1e-5));
    }

    // What can be merged is, or is refused as a whole; undone, the very bits are back.
    void mergingKeepsTheFunction_data() { add_matrix(); }
    void mergingKeepsTheFunction() {
        QFETCH(QString, method);
        QFETCH(QString, family);
        QFETCH(QString, head);
        const Prepared p = prepare(method, family, head);
        shake(*p.model);
        const c10::NoGradGuard guard;
        const at::Tensor apart = p.model->logits(p.batch, {});
        const std::string frozen = p.model->hash_frozen();
        // An adapter on a projection is no change of its weight, and merging says so.
        const auto refused = caught([&] { p.model->merge(); });
        QVERIFY2(!refused.thrown || refused.says("cannot be merged"), refused.message.c_str());
        QVERIFY(at::allclose(p.model->logits(p.batch, {}), apart, 1e-4, 1e-4));
        if (!refused.thrown) p.model->unmerge();
        QCOMPARE(p.model->hash_frozen(), frozen);
        QVERIFY(at::equal(p.model->logits(p.batch, {}), apart));
    }

    // What a run stores, read into a model to which the same method was attached afresh.
    void storedAdaptersComputeTheSame_data() { add_matrix(); }
    void storedAdaptersComputeTheSame() {
        QFETCH(QString, method);
        QFETCH(QString, family);
        QFETCH(QString, head);
        Prepared trained = prepare(method, family, head), fresh = prepare(method, family, head);
        shake(*trained.model);
        const TemporaryFolder folder;
        save_adapter(folder / "adapter.safetensors", *trained.model, {});
        load_adapter(TensorFile(folder / "adapter.safetensors"), *fresh.model);
        const c10::NoGradGuard guard;
        QVERIFY(at::equal(trained.model->logits(trained.batch, {}), fresh.model->logits(fresh.batch, {})));
    }

    void resumedIsUninterrupted_data() { add_matrix(true); }
    void resumedIsUninterrupted() {
        QFETCH(QString, method);
        QFETCH(QString, family);
        QFETCH(QString, head);
        Prepared straight = prepare(method, family, head), first = prepare(method, family, head),
                 second = prepare(method, family, head);
        TrainerOptions options;
        options.learning_rate = 0.01;
        options.dropout_seed = 7;
        Trainer one(*straight.model, options), two(*first.model, options), three(*second.model, options);
        for (int i = 0; i < 2; ++i)
            one.step([&] { return straight.batch; });
        two.step([&] { return first.batch; });
        const TemporaryFolder folder;
        Checkpoint left;
        two.save(left);
        write_checkpoint(folder.path(), left);
        std::vector<std::string> broken;
        three.restore(*read_checkpoint(folder.path(), broken));
        three.step([&] { return second.batch; });
        QVERIFY(at::equal(three.values(), one.values()));
        const c10::NoGradGuard guard;
        QVERIFY(at::equal(second.model->logits(second.batch, {}), straight.model->logits(straight.batch, {})));
    }

    void onlyWhatIsTrainedGetsGradients_data() { add_matrix(true); }
    void onlyWhatIsTrainedGetsGradients() {
        QFETCH(QString, method);
        QFETCH(QString, family);
        QFETCH(QString, head);
        Prepared p = prepare(method, family, head);
        loss_of(p, true);
        for (const Parameter* parameter : p.model->trainable())
            QVERIFY2(parameter->value.grad().defined(), parameter->name.c_str());
        for (const Parameter* parameter : p.model->frozen())
            QVERIFY2(!parameter->value.grad().defined(), parameter->name.c_str());
    }

    void tenStepsLearnAndLeaveTheRestAlone_data() { add_matrix(true); }
    void tenStepsLearnAndLeaveTheRestAlone() {
        QFETCH(QString, method);
        QFETCH(QString, family);
        QFETCH(QString, head);
        Prepared p = prepare(method, family, head);
        const std::string frozen = p.model->hash_frozen();
        AdamW optimiser = optimiser_of(p);
        const double before = loss_of(p);
        train(p, optimiser, 10);
        QVERIFY2(loss_of(p) < before, (std::to_string(before) + " became " + std::to_string(loss_of(p))).c_str());
        QCOMPARE(p.model->hash_frozen(), frozen);
    }

    // Along a random direction: (L(w + εd) − L(w − εd)) / 2ε = g·d.
    void gradientsEqualFiniteDifferences_data() { add_matrix(true); }
    void gradientsEqualFiniteDifferences() {
        QFETCH(QString, method);
        QFETCH(QString, family);
        QFETCH(QString, head);
        Prepared p = prepare(method, family, head);
        // DoRA's norm is a constant in the backward pass: A and B have another gradient than the loss has.
        std::vector<Parameter*> checked;
        for (Parameter* parameter : p.model->trainable()) {
            // A mask's gradient goes straight through to scores that change nothing until their order does.
            if (parameter->name.ends_with(".score")) continue;
            const bool held = method.startsWith(QLatin1String("dora")) &&
                              parameter->name.find("lora_") != std::string::npos &&
                              !parameter->name.ends_with("lora_magnitude");
            if (!held) checked.push_back(parameter);
        }
        { // away from the start, where B = 0 hides half of LoRA's gradient
            const c10::NoGradGuard guard;
            std::uint64_t seed = 40;
            for (Parameter* parameter : p.model->trainable())
                parameter->value.add_(at::randn(parameter->value.sizes(), generator(++seed)), 0.05);
        }
        loss_of(p, true);
        const double epsilon = 2e-3;
        std::uint64_t seed = 80;
        double expected = 0;
        std::vector<at::Tensor> directions;
        for (Parameter* parameter : checked) {
            // Along the gradient with noise: large enough to rise above float32 rounding.
            const at::Tensor noise = at::randn(parameter->value.sizes(), generator(++seed));
            directions.push_back(parameter->value.grad() + noise * parameter->value.grad().abs().mean());
            expected += at::dot(directions.back().flatten(), parameter->value.grad().flatten()).item<double>();
        }
        double size = 0;
        for (const at::Tensor& direction : directions)
            size += direction.pow(2).sum().item<double>();
        size = std::sqrt(size);
        const auto move = [&](double factor) {
            const c10::NoGradGuard guard;
            std::size_t i = 0;
            for (Parameter* parameter : checked)
                parameter->value.add_(directions[i++], factor / size);
        };
        move(epsilon);
        const double up = loss_of(p);
        move(-2 * epsilon);
        const double down = loss_of(p);
        const double measured = (up - down) / (2 * epsilon) * size;
        QVERIFY2(std::abs(measured - expected) < 0.02 * std::abs(expected) + 1e-4,
                 (std::to_string(measured) + ", expected " + std::to_string(expected)).c_str());
    }

    // A batch computes what its sequences give alone: no row knows of the others, of padding or its lack.
    void companyChangesNothing_data() { add_matrix(); }
    void companyChangesNothing() {
        QFETCH(QString, method);
        QFETCH(QString, family);
        QFETCH(QString, head);
        Prepared p = prepare(method, family, head);
        std::vector<at::Tensor> alone;
        for (const Sequence& sequence : p.sequences)
            alone.push_back(p.model->logits(PackedBatch::pack({&sequence, 1}, at::kCPU), {}));
        QVERIFY(at::allclose(p.model->logits(p.batch, {}), at::cat(alone), 1e-5, 1e-5));
    }

    void worksOnTheMetaDevice_data() { add_matrix(true); }
    void worksOnTheMetaDevice() {
        QFETCH(QString, method);
        QFETCH(QString, family);
        QFETCH(QString, head);
        Prepared p = prepare(method, family, head, at::kMeta);
        p.model->loss(p.model->logits(p.batch, {}), p.batch).mean().backward();
        AdamW optimiser = optimiser_of(p);
        optimiser.accumulate();
        optimiser.step(0.1);
        for (const Parameter* parameter : p.model->trainable())
            QVERIFY2(parameter->value.device().is_meta(), parameter->name.c_str());
    }

    void sameSeedSameStart_data() { add_matrix(); }
    void sameSeedSameStart() {
        QFETCH(QString, method);
        QFETCH(QString, family);
        QFETCH(QString, head);
        const Prepared a = prepare(method, family, head), b = prepare(method, family, head);
        const auto first = a.model->trainable(), second = b.model->trainable();
        QCOMPARE(first.size(), second.size());
        for (std::size_t i = 0; i < first.size(); ++i)
            QVERIFY(at::equal(first[i]->value, second[i]->value));
    }
};

DIAPASON_TEST(TestPropertyMatrix)
#include "test_property_matrix.moc"
