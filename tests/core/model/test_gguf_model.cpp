// A model read from a GGUF file computes what the same weights give as a Hugging Face folder.

#include "core/backbone/gguf_blocks.h"
#include "core/library/gguf_import.h"
#include "core/model/model.h"
#include "tests/support/gguf_writer.h"
#include "tests/support/tiny_backbone.h"

#include <ATen/TensorOperators.h>
#include <c10/core/GradMode.h>
#include <c10/util/Half.h>

#include <cmath>
#include <map>

using namespace diapason;
using namespace diapason::testing;

namespace {

constexpr std::int64_t width = 64, heads = 4, kv_heads = 2, ffn = 96, vocabulary = 40, layers = 2;

struct Form {
    const char* architecture;
    bool tied = true;
    bool bias = false;
    bool scaled = false; ///< Llama 3's rotary scaling, as divisors
    const char* type = "F32";
    bool in_pairs = true; ///< false: a llama file whose rows do not stand as its architecture says
};

Json config_of(const Form& form) {
    Json config = {{"model_type", form.architecture},
                   {"vocab_size", vocabulary},
                   {"hidden_size", width},
                   {"intermediate_size", ffn},
                   {"num_hidden_layers", layers},
                   {"num_attention_heads", heads},
                   {"num_key_value_heads", kv_heads},
                   {"hidden_act", "silu"},
                   {"max_position_embeddings", 131072},
                   {"rms_norm_eps", 1e-5},
                   {"rope_theta", 500000.0},
                   {"tie_word_embeddings", form.tied}};
    if (form.bias && std::string(form.architecture) == "llama") config["attention_bias"] = true;
    if (form.scaled)
        config["rope_scaling"] = {{"rope_type", "llama3"},
                                  {"factor", 8.0},
                                  {"low_freq_factor", 1.0},
                                  {"high_freq_factor", 4.0},
                                  {"original_max_position_embeddings", 8192}};
    return config;
}

/// What transformers' llama3 scaling divides the frequencies of a head of 16 by, at these settings.
const std::vector<float> divisors = {1, 1, 1, 1, 2.69453040f, 8, 8, 8};

std::vector<TinyTensor> tensors_of(const Form& form) {
    std::vector<TinyTensor> list;
    std::uint32_t state = 11;
    const auto add = [&](const std::string& name, std::vector<std::int64_t> shape, float centre, float spread) {
        TinyTensor tensor{name, "F32", std::move(shape), {}};
        std::int64_t size = 1;
        for (const std::int64_t n : tensor.shape)
            size *= n;
        for (std::int64_t i = 0; i < size; ++i) {
            state = state * 1664525 + 1013904223;
            tensor.values.push_back(centre + spread * (static_cast<float>(state >> 8) / 8388608.0F - 1.0F));
        }
        list.push_back(std::move(tensor));
    };
    add("model.embed_tokens.weight", {vocabulary, width}, 0, 1);
    add("model.norm.weight", {width}, 1, 0.2F);
    if (!form.tied) add("lm_head.weight", {vocabulary, width}, 0, 0.5F);
    for (std::int64_t layer = 0; layer < layers; ++layer) {
        const std::string prefix = "model.layers." + std::to_string(layer) + ".";
        add(prefix + "input_layernorm.weight", {width}, 1, 0.2F);
        add(prefix + "post_attention_layernorm.weight", {width}, 1, 0.2F);
        const std::int64_t kv_width = width / heads * kv_heads;
        for (const auto& [map, out] : {std::pair("q", width), std::pair("k", kv_width), std::pair("v", kv_width)}) {
            add(prefix + "self_attn." + map + "_proj.weight", {out, width}, 0, 0.4F);
            if (form.bias) add(prefix + "self_attn." + map + "_proj.bias", {out}, 0, 0.5F);
        }
        add(prefix + "self_attn.o_proj.weight", {width, width}, 0, 0.3F);
        if (form.bias && std::string(form.architecture) == "llama")
            add(prefix + "self_attn.o_proj.bias", {width}, 0, 0.5F);
        add(prefix + "mlp.gate_proj.weight", {ffn, width}, 0, 0.3F);
        add(prefix + "mlp.up_proj.weight", {ffn, width}, 0, 0.3F);
        add(prefix + "mlp.down_proj.weight", {width, ffn}, 0, 0.3F);
    }
    return list;
}

std::string stored_as(const std::string& type, const std::vector<float>& values) {
    std::string bytes;
    if (type == "F32") {
        for (const float value : values)
            bytes += GgufWriter::raw(value);
    } else if (type == "F16") {
        for (const float value : values)
            bytes += GgufWriter::raw(c10::Half(value).x);
    } else { // Q8_0: a half-precision step and 32 bytes
        for (std::size_t block = 0; block < values.size(); block += 32) {
            float largest = 0;
            for (std::size_t i = 0; i < 32; ++i)
                largest = std::max(largest, std::abs(values[block + i]));
            const c10::Half step(largest / 127);
            bytes += GgufWriter::raw(step.x);
            for (std::size_t i = 0; i < 32; ++i)
                bytes += static_cast<char>(std::lround(values[block + i] / static_cast<float>(step)));
        }
    }
    return bytes;
}

/// Rows as llama.cpp's converter orders them: the halves of a head's rows interleaved.
template <typename Rows>
Rows in_pairs(const Rows& data, std::size_t rows, std::size_t head_count) {
    const std::size_t row = data.size() / rows, head = rows / head_count, half = head / 2;
    Rows out(data);
    for (std::size_t r = 0; r < rows; ++r) {
        const std::size_t place = r % head, target = r - place + place % half * 2 + place / half;
        std::copy_n(data.begin() + std::ptrdiff_t(r * row), row, out.begin() + std::ptrdiff_t(target * row));
    }
    return out;
}

std::string gguf_name(const std::string& name) {
    static const std::map<std::string, std::string> modules = {{"model.embed_tokens", "token_embd"},
                                                               {"model.norm", "output_norm"},
                                                               {"lm_head", "output"},
                                                               {"input_layernorm", "attn_norm"},
                                                               {"post_attention_layernorm", "ffn_norm"},
                                                               {"self_attn.q_proj", "attn_q"},
                                                               {"self_attn.k_proj", "attn_k"},
                                                               {"self_attn.v_proj", "attn_v"},
                                                               {"self_attn.o_proj", "attn_output"},
                                                               {"mlp.gate_proj", "ffn_gate"},
                                                               {"mlp.up_proj", "ffn_up"},
                                                               {"mlp.down_proj", "ffn_down"}};
    const std::string prefix = "model.layers.";
    const std::size_t dot = name.rfind('.');
    if (name.rfind(prefix, 0) != 0) return modules.at(name.substr(0, dot)) + name.substr(dot);
    const std::size_t second = name.find('.', prefix.size());
    return "blk." + name.substr(prefix.size(), second - prefix.size()) + "." +
           modules.at(name.substr(second + 1, dot - second - 1)) + name.substr(dot);
}

GgufWriter metadata_of(const Form& form) {
    const std::string a = std::string(form.architecture) + ".";
    GgufWriter w;
    w.text("general.architecture", form.architecture).number(a + "block_count", layers);
    w.number(a + "context_length", 131072).number(a + "embedding_length", width);
    w.number(a + "feed_forward_length", ffn).number(a + "attention.head_count", heads);
    w.number(a + "attention.head_count_kv", kv_heads).real(a + "attention.layer_norm_rms_epsilon", 1e-5F);
    w.real(a + "rope.freq_base", 500000).text("tokenizer.ggml.model", "gpt2").text("tokenizer.ggml.pre", "gpt-2");
    std::vector<std::string> tokens;
    for (std::int64_t i = 0; i < vocabulary; ++i)
        tokens.push_back("t" + std::to_string(i));
    return w.texts("tokenizer.ggml.tokens", tokens);
}

/// The same weights twice: hf/ and gguf/model.gguf.
void write_both(const Form& form, const TemporaryFolder& folder) {
    const bool pairs = form.in_pairs && std::string(form.architecture) == "llama";
    GgufWriter w = metadata_of(form);
    std::vector<TinyTensor> tensors = tensors_of(form);
    for (TinyTensor& tensor : tensors) {
        const BlockType* type = block_type(tensor.shape.size() == 1 ? std::string("F32") : std::string(form.type));
        std::string bytes = stored_as(type->name, tensor.values);
        type->dequantise(reinterpret_cast<const unsigned char*>(bytes.data()),
                         std::int64_t(tensor.values.size()) / type->elements, tensor.values.data());
        for (const auto& [map, count] : {std::pair("q_proj", heads), std::pair("k_proj", kv_heads)}) {
            if (pairs && tensor.name.find(map) != std::string::npos)
                bytes = in_pairs(bytes, std::size_t(tensor.shape.front()), std::size_t(count));
        }
        w.stored(gguf_name(tensor.name), tensor.shape, type->number, bytes);
    }
    if (form.scaled) w.stored("rope_freqs.weight", {8}, 0, stored_as("F32", divisors));
    write_text(folder / "gguf/model.gguf", w.bytes());
    write_text(folder / "hf/config.json", config_of(form).dump());
    write_tensors(folder / "hf/model.safetensors", tensors);
}

at::Tensor logits_of(const std::filesystem::path& path) {
    const c10::NoGradGuard guard;
    const auto model = Model::load(path, {HeadKind::causal_lm, 0}, at::kCPU);
    std::vector<Sequence> sequences(2);
    sequences[0].ids = {1, 7, 22, 39, 0, 7};
    sequences[1].ids = {30, 2, 2, 15};
    sequences[1].positions = {0, 50, 700, 9000}; // far enough for the slow frequencies
    return model->logits(PackedBatch::pack(sequences, at::kCPU), {}, Rows::all);
}

double distance(const at::Tensor& a, const at::Tensor& b) {
    return (a - b).abs().max().item<double>();
}

} // namespace

class TestGgufModel : public QObject {
    Q_OBJECT

    void add_forms() {
        QTest::addColumn<Form>("form");
        QTest::newRow("llama, tied") << Form{"llama"};
        QTest::newRow("llama, head of its own") << Form{"llama", false};
        QTest::newRow("llama, biases") << Form{"llama", true, true};
        QTest::newRow("llama, scaled") << Form{"llama", true, false, true};
        QTest::newRow("llama, F16") << Form{"llama", true, false, false, "F16"};
        QTest::newRow("llama, Q8_0") << Form{"llama", false, false, false, "Q8_0"};
        QTest::newRow("qwen2") << Form{"qwen2", false, true};
        QTest::newRow("qwen2, tied") << Form{"qwen2", true, true};
        QTest::newRow("qwen2, F16") << Form{"qwen2", false, true, false, "F16"};
        QTest::newRow("qwen2, Q8_0") << Form{"qwen2", true, true, false, "Q8_0"};
    }

private Q_SLOTS:
    void logitsAreThoseOfTheFolder_data() { add_forms(); }
    void logitsAreThoseOfTheFolder() {
        QFETCH(Form, form);
        TemporaryFolder folder;
        write_both(form, folder);
        const at::Tensor wanted = logits_of(folder / "hf");
        QCOMPARE(wanted.sizes().vec(), (std::vector<std::int64_t>{10, vocabulary}));
        QVERIFY(wanted.std().item<double>() > 0.1);
        QCOMPARE(distance(logits_of(folder / "gguf"), wanted), 0.0);
        QCOMPARE(distance(logits_of(folder / "gguf/model.gguf"), wanted), 0.0);
        std::filesystem::create_directory(folder / "converted");
        QVERIFY(convert_gguf(folder / "gguf/model.gguf", folder / "converted", {}).empty());
        QCOMPARE(distance(logits_of(folder / "converted"), wanted), 0.0);
    }

    // What the comparison above would not forgive.
    void orderOfRowsAndScalingMatter() {
        TemporaryFolder right, wrong, scaled;
        write_both({"llama"}, right);
        Form form{"llama"};
        form.in_pairs = false;
        write_both(form, wrong);
        write_both({"llama", true, false, true}, scaled);
        const at::Tensor wanted = logits_of(right / "gguf");
        QVERIFY(distance(logits_of(wrong / "gguf"), wanted) > 0.01);
        QVERIFY(distance(logits_of(scaled / "gguf"), wanted) > 0.01);
    }

    void otherDivisorsAreRefused() {
        TemporaryFolder folder;
        Form form{"llama"};
        GgufWriter w = metadata_of(form);
        w.tensor("token_embd.weight", {vocabulary, width});
        std::vector<float> other = divisors;
        other[4] = 5;
        w.stored("rope_freqs.weight", {8}, 0, stored_as("F32", other));
        write_text(folder / "m.gguf", w.bytes());
        const Caught error = caught([&] { read_backbone_config(folder / "m.gguf"); });
        QVERIFY(error.kind == ErrorKind::input && error.says("rope_freqs.weight") && error.says("unsupported"));
    }
};

DIAPASON_TEST(TestGgufModel)
#include "test_gguf_model.moc"
