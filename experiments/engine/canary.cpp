#include "experiments/engine/canary.h"

#include "core/base/error.h"
#include "core/library/tokenizer_fit.h"
#include "core/model/model.h"
#include "core/text/tokenizer.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

namespace diapason {
namespace {

constexpr const char* sentence = "A tuning fork gives one clear note: 440 beats a second, for every instrument alike.";
constexpr int projections = 16;

// SplitMix64: the same signs on every machine.
double sign_of(std::uint64_t index) {
    std::uint64_t z = (index + 1) * 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return ((z ^ (z >> 31)) & 1) != 0 ? 1.0 : -1.0;
}

} // namespace

Json try_backbone(const std::filesystem::path& folder) {
    const c10::NoGradGuard guard;
    const auto tokenizer = Tokenizer::load(folder);
    const auto model = Model::load(folder, {HeadKind::none, 0}, at::kCPU);
    const BackboneConfig& config = model->config();
    EncodeOptions options;
    if (config.max_positions > 0)
        options.max_length = static_cast<std::size_t>(std::min<std::int64_t>(64, config.max_positions));
    Sequence sequence;
    sequence.ids = tokenizer->encode(sentence, options).ids;
    if (sequence.ids.empty())
        throw input_error(folder.string(), "the tokenizer produces no tokens for an English sentence");
    require_fit(*tokenizer, config, folder.string());
    require_rows(sequence.ids, config.vocabulary, folder.string());
    if (config.encoder_decoder) {
        sequence.target_ids = {std::max<std::int64_t>(0, config.decoder_start_id)};
        sequence.target_ids.insert(sequence.target_ids.end(), sequence.ids.begin(), sequence.ids.end() - 1);
    }
    const HiddenStates states = model->hidden(PackedBatch::pack(std::span(&sequence, 1), at::kCPU), {});
    const at::Tensor last = states.last.to(at::kDouble).contiguous();
    const double* value = last.const_data_ptr<double>();
    const auto count = static_cast<std::uint64_t>(last.numel());
    Json values = Json::array();
    for (std::uint64_t p = 0; p < projections; ++p) {
        double sum = 0;
        for (std::uint64_t i = 0; i < count; ++i)
            sum += sign_of(p * count + i) * value[i];
        if (!std::isfinite(sum))
            throw input_error(folder.string(), "the hidden states of a test sentence are not finite",
                              "The weights are damaged, or need a wider floating-point type");
        values.push_back(sum / std::sqrt(static_cast<double>(count)));
    }
    return {{"text", sentence}, {"ids", sequence.ids}, {"values", values}};
}

} // namespace diapason
