#include "benchmarks/peer/peer_job.h"

#include "core/base/error.h"
#include "core/base/rng.h"
#include "core/train/trainer.h"
#include "experiments/engine/device.h"
#include "methods/catalog/method_info.h"
#include "methods/method.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/eq.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <numeric>
#include <sys/resource.h>

#include "benchmarks/peer/peer_data.h"

namespace diapason::peer {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

double default_rate(const Job& job) {
    static const std::map<std::string, std::map<std::string, double>> rates = {
        {"sst2", {{"full", 5e-5}, {"head", 1e-3}, {"lora", 1e-3}, {"prompt", 3e-2}, {"bitfit", 1e-3}}},
        {"e2e", {{"full", 2e-5}, {"head", 1e-3}, {"lora", 5e-4}, {"prompt", 1e-2}, {"bitfit", 1e-3}}}};
    return job.learning_rate > 0 ? job.learning_rate : rates.at(job.task).at(job.method);
}

void attach(const Job& job, Model& model, at::Generator& generator) {
    static const std::map<std::string, std::string> ids = {{"full", "full_tuning"},
                                                           {"head", "head_only"},
                                                           {"lora", "lora"},
                                                           {"prompt", "prompt_tuning"},
                                                           {"bitfit", "bitfit"}};
    Json given = Json::object();
    if (job.method == "lora") {
        given = {{"rank", job.rank},
                 {"alpha", job.alpha},
                 {"targets", "q,v"},
                 {"dropout", job.dropout ? job.lora_dropout : 0.0}};
    } else if (job.method == "prompt") {
        given = {{"length", job.virtual_tokens}};
    }
    std::vector<Problem> problems;
    const OptionValues options =
        OptionValues::from_json(method_info(ids.at(job.method)).options, given, job.method, problems);
    throw_if_any(problems, "job");
    MethodContext context{nullptr, {}, generator};
    attach_method(ids.at(job.method), options, model, context);
}

// "base_model.model.bert.encoder.layer.0.attention.self.query.lora_A.default.weight" and
// "base_model.model.classifier.modules_to_save.default.bias"
void take_initial(const std::filesystem::path& path, Model& model) {
    const c10::NoGradGuard guard;
    const TensorFile file(path);
    std::map<std::string, Parameter*> by_name;
    for (const auto& [site, linear] : model.backbone().linears()) {
        std::string base = linear->weight->name;
        base.resize(base.size() - std::string(".weight").size());
        for (const char* factor : {"lora_A", "lora_B"}) {
            if (Parameter* p = model.deltas().find(site.address() + "." + factor))
                by_name["base_model.model." + base + "." + factor + ".default.weight"] = p;
        }
    }
    for (const char* part : {"weight", "bias"}) {
        if (Parameter* p = model.weights().find(std::string("classifier.") + part))
            by_name[std::string("base_model.model.classifier.modules_to_save.default.") + part] = p;
    }
    for (const TensorEntry& entry : file.entries()) {
        const auto found = by_name.find(entry.name);
        if (found == by_name.end()) throw input_error(path.string(), "the tensor " + entry.name + " has no place here");
        found->second->value.copy_(read_tensor(file, entry));
    }
}

struct Evaluated {
    double correct = 0, loss = 0;
    std::int64_t labels = 0;
};

Evaluated evaluate(const Job& job, Model& model, const std::vector<Row>& rows) {
    const c10::NoGradGuard guard;
    std::vector<std::size_t> order(rows.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return rows[a].tokens < rows[b].tokens; });
    const std::size_t batch = job.task == "e2e" ? 16 : 64;
    Evaluated sum;
    for (std::size_t begin = 0; begin < order.size(); begin += batch) {
        std::vector<Sequence> sequences;
        for (std::size_t i = begin; i < std::min(order.size(), begin + batch); ++i)
            sequences.push_back(rows[order[i]].sequence);
        const PackedBatch packed = PackedBatch::pack(sequences, model.device());
        const at::Tensor logits = model.logits(packed, {});
        const LossTerms terms = model.loss(logits, packed);
        sum.loss += terms.sum.item<double>();
        sum.labels += terms.count;
        if (job.task == "sst2") sum.correct += at::argmax(logits, 1).eq(packed.labels).sum().item<double>();
    }
    return sum;
}

} // namespace

Outcome run(const Job& job) {
    const auto start = Clock::now();
    prepare_compute_thread(job.threads);
    const bool causal = job.task == "e2e";
    const auto tokenizer = Tokenizer::load(job.backbone);
    at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(stream_seed(job.seed, Stream::init));
    auto model = Model::load(job.backbone,
                             causal ? HeadSpec{HeadKind::causal_lm, 0} : HeadSpec{HeadKind::sequence_classification, 2},
                             at::kCPU, &generator);
    const auto folder = job.data / (causal ? "e2e" : "SST-2");
    const auto read = [&](const char* name) {
        return causal ? e2e_rows(folder / name, *tokenizer, model->config().eos_id, job.max_length)
                      : sst2_rows(folder / name, *tokenizer, job.max_length);
    };
    std::vector<Row> train = read(causal ? "devset.csv" : "train.tsv");
    if (job.max_train > 0) train.resize(std::min(train.size(), static_cast<std::size_t>(job.max_train)));
    attach(job, *model, generator);
    if (!job.initial.empty()) take_initial(job.initial, *model);
    std::int64_t trainable = 0;
    for (const Parameter* parameter : model->trainable())
        trainable += parameter->value.numel();
    const auto batch_size = static_cast<std::size_t>(job.batch);
    const std::int64_t per_epoch = static_cast<std::int64_t>((train.size() + batch_size - 1) / batch_size);
    const std::int64_t total = job.steps > 0 ? job.steps : per_epoch * job.epochs;
    TrainerOptions options;
    options.adamw.weight_decay = 0;
    options.learning_rate = default_rate(job);
    options.schedule = ScheduleKind::linear;
    options.steps = total;
    options.warmup = static_cast<std::int64_t>(job.warmup * static_cast<double>(total));
    options.clip_norm = 1;
    if (job.dropout) options.dropout_seed = stream_seed(job.seed, Stream::dropout);
    options.backbone_dropout = job.dropout;
    Trainer trainer(*model, options);

    Outcome outcome;
    std::vector<double> times;
    std::vector<std::int64_t> tokens, examples;
    const auto training = Clock::now();
    for (std::uint64_t epoch = 0; std::ssize(times) < total; ++epoch) {
        for (const auto& batch : batches(job.order, train, batch_size, job.seed, epoch)) {
            if (std::ssize(times) == total) break;
            const auto step = Clock::now();
            std::vector<Sequence> sequences;
            std::int64_t real = 0;
            for (const std::size_t item : batch) {
                sequences.push_back(train[item].sequence);
                real += train[item].tokens;
            }
            outcome.losses.push_back(trainer.step([&] { return model->pack(sequences); }).loss());
            times.push_back(seconds_since(step));
            tokens.push_back(real);
            examples.push_back(std::ssize(batch));
        }
    }
    const double train_s = seconds_since(training);

    Json& f = outcome.figures;
    const std::size_t skip = std::min<std::size_t>(5, times.size() - 1); // as the peer: the first steps warm up
    const auto sum_from = [&](const auto& list) {
        return std::accumulate(list.begin() + static_cast<std::ptrdiff_t>(skip), list.end(),
                               typename std::decay_t<decltype(list)>::value_type{0});
    };
    const double steady = sum_from(times);
    std::vector<double> sorted(times.begin() + static_cast<std::ptrdiff_t>(skip), times.end());
    std::sort(sorted.begin(), sorted.end());
    const std::size_t tail = std::max<std::size_t>(1, outcome.losses.size() / 10);
    f = {{"backbone", job.backbone.filename().string()},
         {"task", job.task},
         {"method", job.method},
         {"order", job.order},
         {"batch", job.batch},
         {"steps", total},
         {"seed", job.seed},
         {"threads", job.threads},
         {"dropout", job.dropout},
         {"trainable", trainable},
         {"examples_per_s", static_cast<double>(sum_from(examples)) / steady},
         {"tokens_per_s", static_cast<double>(sum_from(tokens)) / steady},
         {"step_ms_median", 1e3 * sorted[sorted.size() / 2]},
         {"train_s", train_s},
         {"first_loss", outcome.losses.front()},
         {"final_train_loss",
          std::accumulate(outcome.losses.end() - static_cast<std::ptrdiff_t>(tail), outcome.losses.end(), 0.0) /
              static_cast<double>(tail)}};
    if (job.evaluate) {
        std::vector<Row> held_out = read(causal ? "testset_w_refs.csv" : "dev.tsv");
        if (causal) { // every 23rd row, at most 200
            std::vector<Row> sample;
            for (std::size_t i = 0; i < held_out.size() && sample.size() < 200; i += 23)
                sample.push_back(std::move(held_out[i]));
            held_out = std::move(sample);
        }
        const auto began = Clock::now();
        const Evaluated result = evaluate(job, *model, held_out);
        const double seconds = seconds_since(began);
        std::int64_t real = 0;
        for (const Row& row : held_out)
            real += row.tokens;
        f["evaluation_tokens_per_s"] = static_cast<double>(real) / seconds;
        if (causal)
            f["dev_nll_per_token"] = result.loss / static_cast<double>(result.labels);
        else
            f["dev_accuracy"] = result.correct / static_cast<double>(held_out.size());
    }
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    f["peak_rss_mib"] = static_cast<double>(usage.ru_maxrss) / 1024;
    f["wall_s"] = seconds_since(start);
    return outcome;
}

} // namespace diapason::peer
