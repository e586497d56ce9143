// PEFT folders: what is written is read back to the same model, and what is wrong with a folder is said.

#include "core/backbone/tensor_file.h"
#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "methods/catalog/method_info.h"
#include "methods/interchange/peft/peft_folder.h"
#include "methods/method.h"
#include "tests/support/tiny_methods.h"

#include <ATen/ops/allclose.h>

#include <QTemporaryDir>

using namespace diapason;
using namespace diapason::testing;

namespace {

at::Tensor logits_of(Model& model, const HeadSpec& head) {
    const c10::NoGradGuard guard;
    return model.logits(PackedBatch::pack(tiny_sequences(head), at::kCPU), {});
}

HeadSpec head_of(const char* family, const char* kind) {
    for (const HeadSpec& head : heads_of(family)) {
        if (std::string(name_of(head.kind)) == kind) return head;
    }
    return {};
}

/// A folder with one adapter on tiny BERT's first query: a config and tensors to spoil.
struct PeftFolder {
    PeftFolder() {
        config = {{"peft_type", "LORA"}, {"r", 2}, {"lora_alpha", 4}, {"target_modules", {"query"}}};
        tensors["base_model.model." + module + ".lora_A.weight"] = at::randn({2, 16}, generator(1));
        tensors["base_model.model." + module + ".lora_B.weight"] = at::randn({16, 2}, generator(2));
    }
    PeftAdapter read(Model& model) {
        const std::filesystem::path path = dir.path().toStdString();
        std::vector<TensorToWrite> list;
        for (const auto& [name, value] : tensors)
            list.push_back({name, "F32", value.sizes().vec(), value.const_data_ptr()});
        write_safetensors(path / "adapter_model.safetensors", list, {});
        write_file_atomically(path / "adapter_config.json", config.dump());
        return read_peft_folder(path, model);
    }
    std::string error(const char* family = "bert") {
        const auto model = tiny_model(family, {HeadKind::none, 0});
        return caught([&] { read(*model); }).message;
    }
    std::string module = "bert.encoder.layer.0.attention.self.query";
    QTemporaryDir dir;
    Json config;
    std::map<std::string, at::Tensor> tensors;
};

} // namespace

class TestPeftFolder : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void writtenAdaptersAreReadBack_data() {
        QTest::addColumn<QString>("family");
        QTest::addColumn<QString>("head");
        QTest::addColumn<QString>("method");
        QTest::addColumn<QString>("options");
        const std::pair<const char*, const char*> shared[] = {
            {"lora", R"({"targets": "q,v,fc1", "rank": 3})"},
            {"lora",
             R"({"targets": "linear", "rank_pattern": "q=2 v=5", "alpha_pattern": "v=7", "scaling": "alpha_over_sqrt_rank"})"},
            {"lora", R"({"targets": "q,o", "dora": true})"},
            {"lora", R"({"targets": "v,fc2", "bias": "targets"})"},
            {"lora", R"({"targets": "q", "bias": "all", "init": "orthogonal", "rank": 2})"},
            {"lora", R"({"targets": "q,v", "init": "pissa", "rank": 3})"},
            {"lora", R"({"targets": "k,fc1", "init": "olora", "rank": 3, "dora": true})"},
            {"lora", R"({"targets": "q,k,v", "fused": "whole", "rank": 3, "init": "pissa"})"},
            {"lora", R"({"targets": "q,k,v", "fused": "whole", "rank": 2, "dora": true})"},
            {"ia3", "{}"},
            {"ia3", R"({"targets": "q,v", "ffn": "fc1_output"})"},
            {"prompt_tuning", R"({"length": 4, "init": "random", "pooling": "first_soft_token"})"},
            {"p_tuning", R"({"length": 4, "hidden": 5, "pooling": "first_soft_token"})"},
            {"p_tuning", R"({"length": 2, "hidden": 5, "encoder": "lstm", "pooling": "first_soft_token"})"}};
        const auto add = [](const char* family, const HeadSpec& head, const char* method, const char* options) {
            QTest::addRow("%s %s on %s, %s", method, options, family, name_of(head.kind))
                << family << name_of(head.kind) << method << options;
        };
        for (const char* family : all_families) {
            for (const HeadSpec& head : heads_of(family)) {
                // The library knows no prompts for masked language models.
                const bool prompts = head.kind != HeadKind::masked_lm;
                for (const auto& [method, options] : shared) {
                    if (prompts || std::string(method) == "lora" || std::string(method) == "ia3")
                        add(family, head, method, options);
                }
                if (tiny_config(family).encoder_decoder || !prompts) continue;
                add(family, head, "prefix_tuning", R"({"length": 3, "hidden": 5})");
                add(family, head, "prefix_tuning", R"({"length": 2, "reparametrisation": "none", "init_std": 1.0})");
            }
        }
        // Three decoder layers: the library's slices are all different ones.
        add("bart", {HeadKind::seq2seq_lm, 0}, "prefix_tuning",
            R"({"length": 3, "sites": "decoder.*.self_attn.kv", "hidden": 5})");
    }
    void writtenAdaptersAreReadBack() {
        QFETCH(QString, family);
        QFETCH(QString, head);
        QFETCH(QString, method);
        QFETCH(QString, options);
        const std::string name = family.toStdString();
        const HeadSpec spec = head_of(name.c_str(), head.toStdString().c_str());
        const auto model = tiny_model(name, spec);
        attach(*model, method.toStdString(), parse_json(options.toStdString(), "test"));
        shake(*model);
        const at::Tensor before = logits_of(*model, spec);
        const QTemporaryDir dir;
        write_peft_folder(dir.path().toStdString(), *model, "tiny");

        const auto fresh = tiny_model(name, spec);
        QVERIFY(!at::allclose(logits_of(*fresh, spec), before, 1e-3, 1e-3));
        const PeftAdapter adapter = read_peft_folder(dir.path().toStdString(), *fresh);
        QVERIFY(adapter.warnings.empty());
        QVERIFY(at::allclose(logits_of(*fresh, spec), before, 1e-4, 1e-5));
    }

    void mergingEqualsTheDeltas_data() {
        QTest::addColumn<QString>("method");
        QTest::addColumn<QString>("options");
        QTest::newRow("lora") << "lora"
                              << R"({"targets": "q,v,fc1"})";
        QTest::newRow("dora") << "lora"
                              << R"({"targets": "q,k,fc2", "dora": true})";
        QTest::newRow("pissa") << "lora"
                               << R"({"targets": "linear", "rank": 3, "init": "pissa"})";
        QTest::newRow("pissa, fused") << "lora"
                                      << R"({"targets": "q,k,v", "rank": 3, "init": "pissa", "fused": "whole"})";
        QTest::newRow("ia3") << "ia3"
                             << "{}";
        QTest::newRow("ia3 output") << "ia3"
                                    << R"({"targets": "q,o", "ffn": "fc1_output"})";
    }
    void mergingEqualsTheDeltas() {
        QFETCH(QString, method);
        QFETCH(QString, options);
        for (const char* family : all_families) {
            const HeadSpec head = heads_of(family).front();
            const auto model = tiny_model(family, head);
            attach(*model, method.toStdString(), parse_json(options.toStdString(), "test"));
            shake(*model);
            const at::Tensor apart = logits_of(*model, head);
            const std::string frozen = model->hash_frozen();
            model->merge();
            QVERIFY2(at::allclose(logits_of(*model, head), apart, 1e-4, 1e-4), family);
            model->unmerge();
            QCOMPARE(model->hash_frozen(), frozen);
            QVERIFY(at::equal(logits_of(*model, head), apart));
        }
    }

    void layoutsThatCannotHoldAnAdapterAreRefused() {
        const auto refused = [](const char* family, const char* method, const Json& options) {
            const HeadSpec head = heads_of(family).front();
            const auto model = tiny_model(family, head);
            attach(*model, method, options);
            const QTemporaryDir dir;
            return caught([&] { write_peft_folder(dir.path().toStdString(), *model, "tiny"); }).thrown;
        };
        QVERIFY(refused("bert", "head_only", Json::object()));
        QVERIFY(refused("bert", "prompt_tuning", {{"init", "random"}, {"length", 2}}));
        QVERIFY(refused("gpt2", "prefix_tuning", {{"position_shift", "none"}, {"hidden", 3}}));
        QVERIFY(refused("gpt2", "prefix_tuning", {{"sites", "decoder.1.self_attn.kv"}, {"hidden", 3}}));
        QVERIFY(refused("bart", "prefix_tuning", {{"hidden", 3}}));
    }

    // E[n] + s B A[:, n] at every look-up; the head that shares the table keeps it.
    void updatesOfEmbeddings_data() {
        QTest::addColumn<bool>("dora");
        QTest::newRow("lora") << false;
        QTest::newRow("dora") << true;
    }
    void updatesOfEmbeddings() {
        QFETCH(bool, dora);
        PeftFolder folder;
        folder.config.update({{"use_dora", dora}});
        const std::string key = "base_model.model.transformer.wte.";
        const at::Tensor a = at::randn({2, 60}, generator(3)), b = at::randn({16, 2}, generator(4)),
                         m = at::rand({16}, generator(5)) + 1;
        folder.tensors = {{key + "lora_embedding_A", a}, {key + "lora_embedding_B", b}};
        if (dora) folder.tensors[key + "lora_magnitude_vector"] = m;
        const HeadSpec head{HeadKind::causal_lm, 0};
        const auto model = tiny_model("gpt2", head), plain = tiny_model("gpt2", head);
        folder.read(*model);
        const c10::NoGradGuard guard;
        at::Tensor table = plain->backbone().word_embedding().value.clone();
        plain->head().untie(plain->weights());
        table = table + 2 * at::mm(b, a).t();
        if (dora) table = table * (m / table.norm(2, 0));
        plain->backbone().word_embedding().value = table;
        const at::Tensor expected = logits_of(*plain, head), apart = logits_of(*model, head);
        QVERIFY(at::allclose(apart, expected, 1e-4, 1e-4));
        model->merge();
        QVERIFY(at::allclose(logits_of(*model, head), expected, 1e-4, 1e-4));
        QVERIFY(at::allclose(model->backbone().word_embedding().value, table, 1e-5, 1e-5));
        model->unmerge();
        QVERIFY(at::equal(logits_of(*model, head), apart));
    }

    // The rows stand in the table and, where the output shares it, there too.
    void trainedTokens() {
        PeftFolder folder;
        folder.config.update({{"trainable_token_indices", {12, 21}}});
        const at::Tensor rows = at::randn({2, 16}, generator(3));
        folder.tensors = {{"base_model.model.model.shared.token_adapter.trainable_tokens_delta", rows}};
        const HeadSpec head{HeadKind::seq2seq_lm, 0};
        const auto model = tiny_model("bart", head), plain = tiny_model("bart", head);
        const PeftAdapter adapter = folder.read(*model);
        QCOMPARE(adapter.deltas.size(), std::size_t(1));
        const c10::NoGradGuard guard;
        plain->backbone().word_embedding().value[12].copy_(rows[0]);
        plain->backbone().word_embedding().value[21].copy_(rows[1]);
        const at::Tensor expected = logits_of(*plain, head);
        QVERIFY(at::allclose(logits_of(*model, head), expected, 1e-5, 1e-5));
        model->merge();
        QVERIFY(at::allclose(logits_of(*model, head), expected, 1e-5, 1e-5));
        QVERIFY(at::equal(model->backbone().word_embedding().value, plain->backbone().word_embedding().value));
    }

    void trainedTokensThatCannotBe() {
        const auto error = [](const Json& indices, const std::string& module, std::int64_t rows) {
            PeftFolder folder;
            folder.config["trainable_token_indices"] = indices;
            folder.tensors = {
                {"base_model.model." + module + ".token_adapter.trainable_tokens_delta", at::zeros({rows, 16})}};
            return folder.error();
        };
        const std::string words = "bert.embeddings.word_embeddings";
        QVERIFY(error({3, 4}, words, 2).empty());
        QVERIFY(error({{"word_embeddings", {3, 4}}}, words, 2).empty());
        const std::pair<std::string, const char*> cases[] = {{error({3, 4}, words, 3), "does not contain 2 vectors"},
                                                             {error({3, 60}, words, 2), "beyond the vocabulary"},
                                                             {error({3, 3}, words, 2), "twice"},
                                                             {error("3", words, 1), "must be a list"},
                                                             {error({{"wte", {3}}}, words, 1), "has no list for"},
                                                             {error({3}, "bert.pooler.dense", 1), "neither"}};
        for (const auto& [message, part] : cases)
            QVERIFY2(message.find(part) != std::string::npos, (std::string(part) + ": " + message).c_str());
    }

    // transformers looks tokens up in each stack's own module, which a saved copy parts from the common table.
    void savedEmbeddingsOfStacks() {
        const HeadSpec head{HeadKind::seq2seq_lm, 0};
        const auto changed = [&](const char* module, std::size_t warnings) {
            PeftFolder folder;
            folder.module = "model.encoder.layers.0.self_attn.q_proj";
            folder.config["modules_to_save"] = {"shared", "embed_tokens"};
            folder.tensors = {
                {"base_model.model." + folder.module + ".lora_A.weight", at::zeros({2, 16})},
                {"base_model.model." + folder.module + ".lora_B.weight", at::zeros({16, 2})},
                {std::string("base_model.model.") + module + ".weight", at::randn({60, 16}, generator(3))}};
            const auto model = tiny_model("bart", head);
            const PeftAdapter adapter = folder.read(*model);
            return adapter.warnings.size() == warnings ? logits_of(*model, head) : at::Tensor();
        };
        const at::Tensor plain = logits_of(*tiny_model("bart", head), head);
        QVERIFY(at::equal(changed("model.shared", 1), plain));
        const at::Tensor encoder = changed("model.encoder.embed_tokens", 0);
        const at::Tensor decoder = changed("model.decoder.embed_tokens", 0);
        QVERIFY(!at::allclose(encoder, plain) && !at::allclose(decoder, plain) && !at::allclose(encoder, decoder));
    }

    void whatANewerLibraryWroteIsAWarning() {
        PeftFolder folder;
        folder.config["invented_in_2031"] = {{"a", 1}};
        const auto model = tiny_model("bert", {HeadKind::none, 0});
        const PeftAdapter adapter = folder.read(*model);
        QCOMPARE(adapter.warnings.size(), std::size_t(1));
        QVERIFY(adapter.warnings.front().find("invented_in_2031") != std::string::npos);
        QCOMPARE(adapter.deltas.size(), std::size_t(2));
    }

    void patternsAreReadAsTheLibraryReadsThem() {
        // (.*\.)?(key)$: "query" is not part of a longer name, an expression may cross modules.
        const auto change = [](const Json& pattern) {
            PeftFolder folder;
            folder.config["alpha_pattern"] = pattern;
            const HeadSpec head{HeadKind::masked_lm, 0};
            const auto model = tiny_model("bert", head);
            folder.read(*model);
            return logits_of(*model, head);
        };
        const at::Tensor plain = change(nullptr);
        QVERIFY(at::equal(change({{"uery", 40}}), plain));
        QVERIFY(!at::allclose(change({{"query", 40}}), plain));
        QVERIFY(!at::allclose(change({{R"(layer\.0\..*)", 40}}), plain));
        QVERIFY(at::equal(change({{R"(layer\.1\..*)", 40}}), plain));
    }

    void badFoldersAreExplained() {
        const auto with = [](const auto& spoil) {
            PeftFolder folder;
            spoil(folder);
            return folder.error();
        };
        const std::string a = "base_model.model.bert.encoder.layer.0.attention.self.query.lora_A.weight";
        QVERIFY(with([](PeftFolder&) {}).empty());
        const std::pair<const char*, std::string> cases[] = {
            {"peft_type", with([](PeftFolder& f) { f.config["peft_type"] = "XLORA"; })},
            {"lora_alpha", with([](PeftFolder& f) { f.config["lora_alpha"] = "four"; })},
            {"alpha_pattern", with([](PeftFolder& f) {
                 f.config["alpha_pattern"] = {{"(", 2}};
             })},
            {"layer_replication", with([](PeftFolder& f) {
                 f.config["layer_replication"] = {{0, 1}};
             })},
            {"lora_A and lora_B", with([&](PeftFolder& f) { f.tensors.erase(a); })},
            {"do not fit", with([&](PeftFolder& f) {
                 f.tensors[a] = at::zeros({2, 15});
             })},
            {"not a linear map", with([&](PeftFolder& f) {
                 f.tensors["base_model.model.bert.encoder.layer.9.x.lora_A.weight"] = at::zeros({2, 16});
             })},
            {"belongs to no module",
             with([&](PeftFolder& f) { f.tensors["base_model.model.nothing.weight"] = at::zeros({1}); })},
            {"contains no tensor", with([&](PeftFolder& f) {
                 f.tensors = {{"base_model.model.bert.encoder.layer.0.output.dense.bias", at::zeros({16})}};
             })},
            {"r = 16: the tensors of bert.encoder.layer.0.attention.self.query have rank 2",
             with([](PeftFolder& f) { f.config["r"] = 16; })},
            {"r = null: the tensors of",
             with([](PeftFolder& f) { f.config.erase("r"); })}, // the library's default is 8
            {"r = 2: the tensors of", with([](PeftFolder& f) {
                 f.config["rank_pattern"] = {{"query", 3}};
             })},
            {"r = \"2\": must be a number", with([](PeftFolder& f) { f.config["r"] = "2"; })},
            {"magnitude", with([](PeftFolder& f) { f.config["use_dora"] = true; })}};
        for (const auto& [part, message] : cases)
            QVERIFY2(message.find(part) != std::string::npos, (std::string(part) + ": " + message).c_str());
    }
};

DIAPASON_TEST(TestPeftFolder)
#include "test_peft_folder.moc"
