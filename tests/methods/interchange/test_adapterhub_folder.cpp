// Folders of AdapterHub that golden cases do not have: other sizes, layers left out, and what has to be refused.

#include "core/base/atomic_file.h"
#include "methods/catalog/method_info.h"
#include "methods/interchange/adapterhub/adapterhub_folder.h"
#include "methods/method.h"
#include "tests/support/tiny_methods.h"

#include <ATen/ops/allclose.h>

#include <QTemporaryDir>

using namespace diapason;
using namespace diapason::testing;

namespace {

/// A folder with one bottleneck on tiny BERT's second layer: a config and tensors to spoil.
struct Folder {
    Folder() {
        config = {{"reduction_factor", 8},
                  {"non_linearity", "relu"},
                  {"original_ln_before", true},
                  {"residual_before_ln", true},
                  {"scaling", 1.0}};
        tensors[path + "adapter_down.0.weight"] = at::randn({2, 16}, generator(1));
        tensors[path + "adapter_down.0.bias"] = at::randn({2}, generator(2));
        tensors[path + "adapter_up.weight"] = at::randn({16, 2}, generator(3));
        tensors[path + "adapter_up.bias"] = at::randn({16}, generator(4));
    }
    StoredAdapter read(Model& model) {
        const std::filesystem::path folder = dir.path().toStdString();
        std::vector<TensorToWrite> list;
        for (const auto& [name, value] : tensors)
            list.push_back({name, "F32", value.sizes().vec(), value.const_data_ptr()});
        write_safetensors(folder / "adapter.safetensors", list, {});
        const Json document = {{"config", config}, {"name", "mine"}, {"model_type", "bert"}};
        write_file_atomically(folder / "adapter_config.json", document.dump());
        return read_adapterhub_folder(folder, model);
    }
    std::string error(const char* family = "bert") {
        const auto model = tiny_model(family, {HeadKind::none, 0});
        return caught([&] { read(*model); }).message;
    }
    std::string path = "encoder.layer.1.output.adapters.mine."; // a bare model has no prefix
    QTemporaryDir dir;
    Json config;
    std::map<std::string, at::Tensor> tensors;
};

bool says(const std::string& message, const char* part) {
    return message.find(part) != std::string::npos;
}

} // namespace

class TestAdapterhubFolder : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void anAdapterOfOneLayer() {
        Folder folder;
        const auto model = tiny_model("bert", {HeadKind::none, 0});
        const StoredAdapter adapter = folder.read(*model);
        QCOMPARE(adapter.deltas.size(), std::size_t(4));
        const auto& layers = model->backbone().stacks()[0].layers;
        QCOMPARE(layers[0].ffn_block.deltas.size(), std::size_t(0));
        QCOMPARE(layers[1].ffn_block.deltas.size(), std::size_t(1));
        QCOMPARE(adapter.deltas[0]->name, std::string("encoder.1.ffn.block.down.weight"));
    }

    // By the library's own words: norm(x + h + f(norm(x + h))) for these settings.
    void theOptionsOfResiduals() {
        const HeadSpec head{HeadKind::none, 0};
        const auto last = [&](const Json& options) {
            Folder folder;
            folder.path = "bert.encoder.layer.2.output.adapters.mine.";
            std::map<std::string, at::Tensor> moved;
            for (const auto& [name, value] : folder.tensors)
                moved[folder.path + name.substr(name.find("adapter_"))] = value;
            folder.tensors = moved;
            folder.config.update(options);
            const auto model = tiny_model("bert", head);
            folder.read(*model);
            const c10::NoGradGuard guard;
            Layer& layer = model->backbone().stack("encoder").layers[2];
            const at::Tensor x = at::randn({4, 16}, generator(8)), h = at::randn({4, 16}, generator(9));
            return layer.ffn_block.deltas[0]->apply(h, {x, x, &layer.ffn_block.norm}, {});
        };
        const at::Tensor x = at::randn({4, 16}, generator(8)), h = at::randn({4, 16}, generator(9));
        const at::Tensor f = last(Json::object()) - h; // f(norm(x + h)) + h
        const auto norm = [](const at::Tensor& y) {
            const at::Tensor centred = y - y.mean(-1, true);
            return centred / (centred * centred).mean(-1, true).add(1e-12).sqrt();
        };
        QVERIFY(at::allclose(last({{"residual_before_ln", false}}), f + norm(x + h), 1e-4, 1e-5));
        QVERIFY(at::allclose(last({{"residual_before_ln", "post_add"}}), f + x + h, 1e-4, 1e-5));
        QVERIFY(at::allclose(last({{"scaling", 3.0}}), 3 * f + h, 1e-4, 1e-4));
        QVERIFY(!at::allclose(last({{"is_parallel", true}}), f + h));
    }

    // Behind the embeddings: y1 = x1 + F(x2), y2 = x2 + G(y1).
    void invertibleAdaptersAreCouplings() {
        Folder folder;
        folder.config.update({{"inv_adapter", "nice"}, {"inv_adapter_reduction_factor", 2}});
        std::map<std::string, at::Tensor> t;
        for (const char* net : {"F", "G"}) {
            t[std::string(net) + ".0.weight"] = at::randn({4, 8}, generator(11));
            t[std::string(net) + ".0.bias"] = at::randn({4}, generator(12));
            t[std::string(net) + ".2.weight"] = at::randn({8, 4}, generator(13));
            t[std::string(net) + ".2.bias"] = at::randn({8}, generator(14));
        }
        for (const auto& [name, value] : t)
            folder.tensors["invertible_adapters.mine." + name] = value;
        const auto model = tiny_model("bert", {HeadKind::none, 0});
        folder.read(*model);
        const c10::NoGradGuard guard;
        const auto& entered = model->backbone().stack("encoder").entered;
        QCOMPARE(entered.size(), std::size_t(1));
        const at::Tensor x = at::randn({3, 16}, generator(15));
        const auto net = [&](const std::string& n, const at::Tensor& in) {
            return at::linear(at::relu(at::linear(in, t[n + ".0.weight"], t[n + ".0.bias"])), t[n + ".2.weight"],
                              t[n + ".2.bias"]);
        };
        const at::Tensor y1 = x.narrow(1, 0, 8) + net("F", x.narrow(1, 8, 8));
        const at::Tensor y2 = x.narrow(1, 8, 8) + net("G", y1);
        QVERIFY(at::allclose(entered[0]->apply(x), at::cat({y1, y2}, 1), 1e-5, 1e-5));
    }

    // m (W x + b + s B A x) / |W + B A|: the library scales the bias and leaves s out of the norm.
    void doraIsTheLibrarysOwn() {
        Folder folder;
        folder.config = {
            {"architecture", "lora"}, {"r", 2}, {"alpha", 6}, {"use_dora", true}, {"attn_matrices", {"q"}}};
        const std::string path = "bert.encoder.layer.0.attention.self.query.loras.mine.";
        const at::Tensor a = at::randn({2, 16}, generator(5)), b = at::randn({16, 2}, generator(6)),
                         m = at::rand({16, 1}, generator(7)) + 1;
        folder.tensors = {{path + "lora_A", a}, {path + "lora_B", b}, {path + "m.weight", m}};
        const auto model = tiny_model("bert", {HeadKind::none, 0});
        folder.read(*model);
        const c10::NoGradGuard guard;
        Linear& q = model->backbone().stack("encoder").layers[0].self.q;
        q.bias->value = at::randn({16}, generator(8));
        const at::Tensor x = at::randn({4, 16}, generator(9)), w = q.weight->value, change = at::mm(b, a);
        const at::Tensor expected =
            (at::linear(x, w, q.bias->value) + 3 * at::linear(x, change)) * m.view(-1) / (w + change).norm(2, 1);
        QVERIFY(at::allclose(q(x, {}), expected, 1e-4, 1e-5));
        model->merge();
        QVERIFY(at::allclose(q(x, {}), expected, 1e-4, 1e-4));
    }

    // T5's bias of distances, with the library, ends at the first layer that has another number of keys.
    void aPrefixOfSomeLayersEndsTheBiasOfDistances() {
        Folder folder;
        folder.config = {
            {"architecture", "prefix_tuning"}, {"flat", true}, {"leave_out", {1}}, {"cross_prefix", false}};
        folder.tensors = {{"prefix_tuning.prefix_tunings.mine.encoder_prefix.control_trans",
                           at::randn({2 * 2 * 2 * 12}, generator(3))}};
        const auto model = tiny_model("t5", {HeadKind::seq2seq_lm, 0});
        folder.read(*model);
        const auto& layers = model->backbone().stack("encoder").layers;
        QVERIFY(layers[0].self.biased);
        QVERIFY(!layers[1].self.biased);
        QVERIFY(!layers[2].self.biased);
        QVERIFY(model->backbone().stack("decoder").layers[1].self.biased);
    }

    void whatIsNotThereIsSaid() {
        const auto error = [](const Json& options) {
            Folder folder;
            folder.config.update(options);
            return folder.error();
        };
        QVERIFY(says(error({{"use_gating", true}}), "unsupported: "));
        QVERIFY(says(error({{"non_linearity", "sine"}}), "must be one of elu"));
        QVERIFY(says(error({{"inv_adapter", "glow"}}), "unsupported: "));
        QVERIFY(says(error({{"inv_adapter", "nice"}}), "invertible adapter lacks F.0.weight"));
        QVERIFY(says(error({{"architecture", "reft"}}), "unsupported: "));
        QVERIFY(says(error({{"architecture", "prefix_tuning"}}), "unsupported: the tensor"));
        QVERIFY(says(error({{"architecture", "union"}, {"configs", Json::array()}}), "at least one part"));
        QVERIFY(says(error({{"scaling", "often"}}), "scaling"));
        QVERIFY(says(error({{"scaling", "learned"}}), "lacks the tensor scaling"));
        QVERIFY(says(error({{"ln_after", true}}), "lacks the tensor adapter_norm_after.weight"));
        QVERIFY(says(error({{"phm_layer", true}}), "lacks the tensor"));
        QVERIFY(says(error({{"residual_before_ln", 3}}), "must be true or false"));
    }

    // What is written is read again as the same function.
    void writtenFoldersAreReadAgain_data() {
        QTest::addColumn<QString>("family");
        QTest::addColumn<QString>("method");
        QTest::addColumn<QString>("options");
        const std::vector<std::pair<const char*, const char*>> methods = {
            {"serial_adapter", R"({"size": 3, "sites": "*.*.{self_attn,ffn}.block", "norm": "both"})"},
            {"serial_adapter", R"({"size": 5, "sites": "*.*.ffn.block", "input": "normalised_sum", "drop_first": 1})"},
            {"parallel_adapter", R"({"size": 3, "composition": "learned"})"},
            {"serial_adapter", R"({"size": 3, "sites": "*.*.ffn.block", "form": "low_rank"})"},
            {"compacter", R"({"size": 4, "kronecker": 2, "kronecker_rank": 2})"},
            {"mam", R"({"size": 3, "length": 2, "hidden": 4})"},
            {"prefix_tuning", R"({"length": 3, "hidden": 5, "position_shift": "none"})"},
            {"prefix_tuning",
             R"({"length": 2, "reparametrisation": "none", "position_shift": "none", "init_std": 1.0})"},
            {"prefix_tuning", R"({"length": 2, "sites": "decoder.1.self_attn.kv", "position_shift": "none"})"},
            {"lora", R"({"targets": "q,v,fc1", "rank": 3})"},
            {"lora", R"({"targets": "k,fc2", "rank_pattern": "k=2 fc2=5", "alpha_pattern": "k=7"})"},
            {"lora", R"({"targets": "*.1.self_attn.q", "init": "pissa", "rank": 3})"},
            {"ia3", R"({"targets": "k,v", "ffn": "fc1_output"})"},
            {"ia3", R"({"targets": "q", "ffn": "none"})"}};
        for (const char* family : all_families) {
            for (const auto& [method, options] : methods) {
                const bool prefix = method == std::string("mam") || method == std::string("prefix_tuning");
                if (family == std::string("t5") && prefix) continue; // the library's prefix shifts distances
                const bool decoder = tiny_config(family).stack() == std::string("decoder");
                if (says(options, "decoder.1") && !decoder) continue;
                QTest::addRow("%s %s", family, options) << family << method << options;
            }
        }
    }
    void writtenFoldersAreReadAgain() {
        QFETCH(QString, family);
        QFETCH(QString, method);
        QFETCH(QString, options);
        const HeadSpec head = heads_of(family.toStdString()).front();
        const Json document = even_document(family.toStdString());
        const auto model = model_of(document, head), fresh = model_of(document, head);
        attach(*model, method.toStdString(), parse_json(options.toStdString(), "test"));
        shake(*model);
        const c10::NoGradGuard guard;
        QTemporaryDir dir;
        write_adapterhub_folder(dir.path().toStdString(), *model, "mine");
        read_adapterhub_folder(dir.path().toStdString(), *fresh);
        const PackedBatch batch = PackedBatch::pack(tiny_sequences(head), at::kCPU);
        QVERIFY(at::allclose(fresh->logits(batch, {}), model->logits(batch, {}), 1e-5, 1e-6));
    }

    void whatTheLayoutCannotHoldIsRefused() {
        const auto error = [](const char* family, const char* method, const Json& given) {
            const auto model = tiny_model(family, {HeadKind::none, 0});
            attach(*model, method, given);
            QTemporaryDir dir;
            return caught([&] { write_adapterhub_folder(dir.path().toStdString(), *model, "mine"); }).message;
        };
        QVERIFY(says(error("bert", "lora", {{"targets", "q"}, {"dora", true}}), "PEFT layout"));
        QVERIFY(says(error("bert", "lora", {{"targets", "q,o"}}), "a delta on this map"));
        QVERIFY(says(error("bert", "ia3", Json::object()), "rescale a map's input"));
        QVERIFY(says(error("llama", "lora", {{"targets", "gate"}}), "a delta on this map"));
        QVERIFY(says(error("bert", "lora", {{"targets", "q"}, {"bias", "all"}}), "trained tensors"));
        QVERIFY(says(error("bert", "serial_adapter", {{"sites", "encoder.{0,1}.ffn.block encoder.1.self_attn.block"}}),
                     "some layers only"));
        QVERIFY(says(error("bert", "multi_head_adapter", Json::object()), "heads"));
        QVERIFY(says(error("bert", "serial_adapter", {{"input", "sum"}}), "before the norm"));
        QVERIFY(says(error("gpt2", "parallel_adapter", {{"input", "sublayer_input"}}), "after the sublayer's norm"));
        QVERIFY(says(error("bert", "prefix_tuning", Json::object()), "shifts positions"));
        QVERIFY(says(error("bart", "prefix_tuning", {{"position_shift", "none"}}), "heads of this shape"));
        QVERIFY(says(error("bert", "bitfit", Json::object()), "trained tensors"));
        const auto plain = tiny_model("bert", {HeadKind::none, 0});
        QTemporaryDir dir;
        const auto nothing = caught([&] { write_adapterhub_folder(dir.path().toStdString(), *plain, "mine"); });
        QVERIFY(says(nothing.message, "nothing"));
    }

    void spoiltTensorsAreNamed() {
        const auto error = [](const char* name, const at::Tensor& value, const char* family = "bert") {
            Folder folder;
            if (value.defined())
                folder.tensors[folder.path + name] = value;
            else
                folder.tensors.erase(folder.path + name);
            return folder.error(family);
        };
        QVERIFY(says(error("adapter_up.bias", {}), "adapter_up.bias"));
        QVERIFY(says(error("adapter_up.weight", at::zeros({16, 3})), "does not fit"));
        QVERIFY(says(error("adapter_down.0.weight", at::zeros({2, 15})), "does not fit"));
        QVERIFY(says(error("adapter_extra.weight", at::zeros({2})), "belongs to no part"));
        QVERIFY(says(error("adapter_up.bias", at::zeros({16}), "gpt2"), "of this backbone"));
        Folder elsewhere;
        elsewhere.tensors["bert.encoder.layer.7.output.adapters.mine.adapter_up.bias"] = at::zeros({16});
        QVERIFY(says(elsewhere.error(), "layer.7"));
    }
};

DIAPASON_TEST(TestAdapterhubFolder)
#include "test_adapterhub_folder.moc"
