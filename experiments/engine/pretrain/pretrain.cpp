#include "experiments/engine/pretrain/pretrain.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/rng.h"
#include "core/model/model.h"
#include "core/train/trainer.h"
#include "experiments/engine/pretrain/corpus.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace diapason {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

// Random choices of the masking, as a counter-based stream.
class Draws {
public:
    explicit Draws(std::uint64_t seed) : m_state(seed) {}
    double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
    std::int64_t below(std::int64_t n) {
        return static_cast<std::int64_t>(((next() >> 32) * static_cast<std::uint64_t>(n)) >> 32);
    }
    std::uint64_t state() const { return m_state; }

private:
    std::uint64_t next() { return m_state = splitmix64(m_state); }
    std::uint64_t m_state;
};

struct SpecialIds {
    std::int64_t begin = -1, end = -1, mask = -1;
    std::int64_t first_ordinary = 0; ///< random replacements are drawn from here on
};

// [CLS] text [SEP]; of the chosen tokens 80 % become [MASK], 10 % a random token, 10 % stay (Devlin et al. 2019, §3.1).
Sequence masked(const Corpus::Segment& segment, const SpecialIds& special, double rate, std::int64_t vocabulary,
                Draws& draws) {
    Sequence sequence;
    sequence.ids.push_back(special.begin);
    sequence.ids.insert(sequence.ids.end(), segment.ids.begin(), segment.ids.end());
    sequence.ids.push_back(special.end);
    sequence.labels.assign(sequence.ids.size(), -100);
    for (std::size_t i = 1; i + 1 < sequence.ids.size(); ++i) {
        if (draws.unit() >= rate) continue;
        sequence.labels[i] = sequence.ids[i];
        const double what = draws.unit();
        if (what < 0.8)
            sequence.ids[i] = special.mask;
        else if (what < 0.9)
            sequence.ids[i] = special.first_ordinary + draws.below(vocabulary - special.first_ordinary);
    }
    return sequence;
}

// begin text [end], every row predicting the next token.
Sequence causal(const Corpus::Segment& segment, const SpecialIds& special) {
    Sequence sequence;
    sequence.ids.push_back(special.begin);
    sequence.ids.insert(sequence.ids.end(), segment.ids.begin(), segment.ids.end());
    sequence.labels = segment.ids;
    sequence.labels.push_back(segment.ends_document ? special.end : -100);
    return sequence;
}

// The recipe with its overrides, checked.
struct Recipe {
    Json document;
    fs::path backbone, out;
    std::vector<fs::path> corpus;
    std::vector<double> weights;
    bool masked = true;
    std::size_t sequence_length = 128;
    std::int64_t tokens_per_step = 4096, steps = 1000, warmup = 100, log_every = 20, save_every = 200;
    double mask_rate = 0.15, rate = 1e-3, clip = 1, held_out = 0.005, time_limit_s = 0;
    AdamWOptions adamw;
    std::uint64_t seed = 1;
    int threads = 1;
};

Recipe read_recipe(const fs::path& file, const Json& overrides) {
    Recipe r;
    r.document = read_json(file);
    const std::string origin = file.string();
    if (!r.document.is_object() || r.document.value("format", "") != "diapason-recipe")
        throw input_error(origin, "is not a recipe: \"format\": \"diapason-recipe\" is missing");
    try {
        Json merged = r.document;
        for (const auto& [key, value] : overrides.items())
            merged[key] = value;
        r.backbone = file.parent_path() / merged.at("backbone").get<std::string>();
        r.out = merged.contains("out") ? fs::path(merged.at("out").get<std::string>()) : r.backbone;
        const std::string objective = merged.at("objective").get<std::string>();
        if (objective != "masked_lm" && objective != "causal_lm")
            throw Error(ErrorKind::config, {"must be masked_lm or causal_lm", origin, "objective", objective, {}});
        r.masked = objective == "masked_lm";
        const fs::path folder = merged.value("corpus_folder", std::string());
        for (const Json& name : merged.at("corpus"))
            r.corpus.push_back(folder / name.get<std::string>());
        r.weights = merged.value("corpus_weights", std::vector<double>());
        r.sequence_length = merged.value("sequence_length", r.sequence_length);
        r.tokens_per_step = merged.value("tokens_per_step", r.tokens_per_step);
        r.steps = merged.at("steps").get<std::int64_t>();
        r.warmup = merged.value("warmup_steps", r.warmup);
        r.mask_rate = merged.value("mask_rate", r.mask_rate);
        r.rate = merged.at("learning_rate").get<double>();
        r.clip = merged.value("clip_norm", r.clip);
        r.held_out = merged.value("held_out", r.held_out);
        r.log_every = std::max<std::int64_t>(1, merged.value("log_every", r.log_every));
        r.save_every = std::max<std::int64_t>(1, merged.value("save_every", r.save_every));
        r.seed = merged.value("seed", r.seed);
        r.threads = merged.value("threads", r.threads);
        r.time_limit_s = merged.value("time_limit_s", 0.0);
        r.adamw.weight_decay = merged.value("weight_decay", 0.01);
        const auto betas = merged.value("betas", std::vector<double>{0.9, 0.98});
        r.adamw.beta1 = betas.at(0);
        r.adamw.beta2 = betas.at(1);
        if (r.steps < 1 || r.sequence_length < 8 || r.tokens_per_step < 1)
            throw input_error(origin, "steps, sequence_length or tokens_per_step is too small");
    } catch (const Json::exception& error) {
        throw input_error(origin, std::string("a field is missing or has the wrong type: ") + error.what());
    }
    return r;
}

class Pretraining {
public:
    Pretraining(const Recipe& recipe, const std::function<void(const std::string&)>& line)
        : m_recipe(recipe),
          m_line(line),
          m_config(read_backbone_config(recipe.backbone)),
          m_tokenizer(Tokenizer::load(recipe.backbone)),
          m_corpus(recipe.corpus, recipe.weights, recipe.held_out, m_tokenizer, recipe.seed),
          m_draws(stream_seed(recipe.seed, Stream::order)) {
        m_special.begin = recipe.masked ? m_tokenizer->first_of({"[CLS]", "<s>"}) : m_config.bos_id;
        m_special.end = recipe.masked ? m_tokenizer->first_of({"[SEP]", "</s>"}) : m_config.eos_id;
        m_special.mask = m_tokenizer->first_of({"[MASK]", "<mask>"});
        while (m_tokenizer->is_special(m_special.first_ordinary))
            ++m_special.first_ordinary;
        if (m_special.begin < 0 || m_special.end < 0 || (recipe.masked && m_special.mask < 0)) {
            throw input_error(recipe.backbone.string(),
                              "the tokenizer lacks a special token that this objective needs");
        }
        at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(stream_seed(recipe.seed, Stream::init));
        m_model = Model::create(m_config, {recipe.masked ? HeadKind::masked_lm : HeadKind::causal_lm, 0}, at::kCPU,
                                &generator);
        std::vector<Parameter*> all;
        for (const auto& parameter : m_model->weights().all())
            all.push_back(parameter.get());
        m_model->train(all);
        TrainerOptions options;
        options.adamw = recipe.adamw;
        options.clip_norm = recipe.clip;
        m_trainer = std::make_unique<Trainer>(*m_model, options);
        for (const auto& segment : m_corpus.held_out(room(), 20000))
            m_held_out.push_back(segment);
    }

    void run(RunControl& control, bool fresh) {
        const fs::path checkpoint = m_recipe.out / "pretrain-checkpoint";
        make_folders(m_recipe.out);
        if (!fresh) restore(checkpoint);
        const auto start = Clock::now();
        const double already_s = m_seconds;
        double loss_sum = 0;
        std::int64_t losses = 0, window_tokens = 0;
        auto window = start;
        bool stopped = false;
        double progress = 0;
        while (m_step < m_recipe.steps) {
            m_seconds = already_s + seconds_since(start);
            // A time limit shortens the schedule: the rate reaches zero when either is used up.
            progress = static_cast<double>(m_step) / static_cast<double>(m_recipe.steps);
            if (m_recipe.time_limit_s > 0) progress = std::max(progress, m_seconds / m_recipe.time_limit_s);
            if (progress >= 1) break;
            if (control.stop != Stop::none) {
                stopped = true;
                break;
            }
            const double warm = std::min(1.0, static_cast<double>(m_step + 1) /
                                                  static_cast<double>(std::max<std::int64_t>(1, m_recipe.warmup)));
            const Step step = m_trainer->step([this] { return next_batch(); }, m_recipe.rate * warm * (1 - progress));
            ++m_step;
            m_tokens += step.tokens;
            window_tokens += step.tokens;
            loss_sum += step.loss();
            ++losses;
            if (!std::isfinite(loss_sum))
                throw Error(ErrorKind::diverged, "the loss is not finite at step " + std::to_string(m_step));
            if (m_step % m_recipe.log_every == 0) {
                log(loss_sum / static_cast<double>(losses), rate_of(window_tokens, window), false);
                loss_sum = 0;
                losses = window_tokens = 0;
                window = Clock::now();
            }
            if (m_step % m_recipe.save_every == 0) keep(checkpoint);
        }
        m_seconds = already_s + seconds_since(start);
        if (stopped) {
            keep(checkpoint);
            throw Error(ErrorKind::cancelled,
                        "stopped at step " + std::to_string(m_step) + "; run the same command to continue");
        }
        log(losses > 0 ? loss_sum / static_cast<double>(losses) : std::nan(""), rate_of(window_tokens, window), true);
        finish();
        remove_checkpoints(checkpoint);
        std::error_code ignored;
        fs::remove(checkpoint, ignored);
    }

private:
    std::size_t room() const { return m_recipe.sequence_length - 2; }

    Sequence sequence(const Corpus::Segment& segment, Draws& draws) const {
        return m_recipe.masked ? masked(segment, m_special, m_recipe.mask_rate, m_config.vocabulary, draws)
                               : causal(segment, m_special);
    }

    PackedBatch next_batch() {
        std::vector<Sequence> sequences;
        for (std::int64_t tokens = 0; tokens < m_recipe.tokens_per_step;) {
            sequences.push_back(sequence(m_corpus.next(room()), m_draws));
            tokens += static_cast<std::int64_t>(sequences.back().ids.size());
        }
        return PackedBatch::pack(sequences, at::kCPU);
    }

    // The same masks every time, so that the curve compares like with like.
    double held_out_loss() {
        const c10::NoGradGuard guard;
        Draws draws(7);
        double sum = 0;
        std::int64_t count = 0;
        for (std::size_t i = 0; i < m_held_out.size(); i += 32) {
            std::vector<Sequence> sequences;
            for (std::size_t k = i; k < std::min(m_held_out.size(), i + 32); ++k)
                sequences.push_back(sequence(m_held_out[k], draws));
            const PackedBatch batch = PackedBatch::pack(sequences, at::kCPU);
            const LossTerms terms = m_model->loss(m_model->logits(batch, {}), batch);
            sum += terms.sum.item<double>();
            count += terms.count;
        }
        return count == 0 ? std::nan("") : sum / static_cast<double>(count);
    }

    static double rate_of(std::int64_t tokens, Clock::time_point since) {
        return static_cast<double>(tokens) / std::max(1e-9, seconds_since(since));
    }

    void log(double loss, double tokens_per_s, bool always_held_out) {
        const bool evaluate = always_held_out || m_step % (10 * m_recipe.log_every) == 0;
        Json entry = {{"step", m_step},
                      {"tokens", m_tokens},
                      {"seconds", m_seconds},
                      {"loss", loss},
                      {"tokens_per_second", tokens_per_s}};
        if (evaluate) entry["held_out_loss"] = m_last_held_out = held_out_loss();
        m_log += entry.dump() + "\n";
        write_file_atomically(m_recipe.out / "pretrain-log.jsonl", m_log);
        char text[160];
        std::snprintf(text, sizeof text, "step %lld  tokens %.2f M  loss %.4f  %.0f tokens/s",
                      static_cast<long long>(m_step), static_cast<double>(m_tokens) / 1e6, loss, tokens_per_s);
        m_line(text + (evaluate ? "  held out " + std::to_string(m_last_held_out) : std::string()));
    }

    void keep(const fs::path& folder) const {
        Checkpoint checkpoint;
        m_trainer->save(checkpoint);
        checkpoint.state["pretraining"] = {{"step", m_step},           {"tokens", m_tokens},
                                           {"seconds", m_seconds},     {"corpus", m_corpus.position()},
                                           {"draws", m_draws.state()}, {"log", m_log}};
        write_checkpoint(folder, checkpoint);
    }

    void restore(const fs::path& folder) {
        std::vector<std::string> broken;
        const auto checkpoint = read_checkpoint(folder, broken);
        for (const std::string& problem : broken)
            m_line(problem);
        if (!checkpoint) return;
        m_trainer->restore(*checkpoint);
        const Json& state = checkpoint->part("pretraining");
        m_step = state.at("step").get<std::int64_t>();
        m_tokens = state.at("tokens").get<std::int64_t>();
        m_seconds = state.at("seconds").get<double>();
        m_corpus.restore(state.at("corpus"));
        m_draws = Draws(state.at("draws").get<std::uint64_t>());
        m_log = state.at("log").get<std::string>();
        m_line("continuing from step " + std::to_string(m_step));
    }

    void finish() {
        std::vector<const Parameter*> all;
        for (const auto& parameter : m_model->weights().all())
            all.push_back(parameter.get());
        save_parameters(m_recipe.out / "model.safetensors", all, "F16", {{"format", "pt"}});
        for (const char* name : {"config.json", "tokenizer.json"}) {
            if (!fs::exists(m_recipe.out / name)) fs::copy_file(m_recipe.backbone / name, m_recipe.out / name);
        }
        const Json summary = {
            {"recipe", m_recipe.document}, {"time_limit_s", m_recipe.time_limit_s}, {"steps", m_step},
            {"tokens", m_tokens},          {"seconds", std::round(m_seconds)},      {"held_out_loss", m_last_held_out},
            {"diapason", DIAPASON_VERSION}};
        write_file_atomically(m_recipe.out / "training.json", summary.dump(2) + "\n");
    }

    Recipe m_recipe;
    std::function<void(const std::string&)> m_line;
    BackboneConfig m_config;
    std::shared_ptr<const Tokenizer> m_tokenizer;
    Corpus m_corpus;
    Draws m_draws;
    SpecialIds m_special;
    std::unique_ptr<Model> m_model;
    std::unique_ptr<Trainer> m_trainer;
    std::vector<Corpus::Segment> m_held_out;
    std::int64_t m_step = 0, m_tokens = 0;
    double m_seconds = 0, m_last_held_out = std::nan("");
    std::string m_log;
};

} // namespace

void pretrain_backbone(const fs::path& recipe_file, const Json& overrides,
                       const std::function<void(const std::string&)>& line, RunControl& control) {
    const Recipe recipe = read_recipe(recipe_file, overrides);
    at::set_num_threads(recipe.threads);
    Pretraining(recipe, line).run(control, overrides.value("fresh", false));
}

} // namespace diapason
