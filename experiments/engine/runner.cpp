#include "experiments/engine/runner.h"

#include "core/base/atomic_file.h"
#include "core/base/folder_lock.h"
#include "core/base/rng.h"
#include "core/base/sha256.h"
#include "core/data/metrics.h"
#include "core/data/order.h"
#include "core/library/library.h"
#include "core/model/stored_adapter.h"
#include "core/store/run_folder.h"
#include "core/train/trainer.h"
#include "experiments/engine/checkpoint_clock.h"
#include "experiments/engine/current_error.h"
#include "experiments/engine/device.h"
#include "experiments/engine/evaluation.h"
#include "experiments/engine/point_log.h"
#include "experiments/engine/run_inputs.h"
#include "experiments/engine/run_model.h"
#include "experiments/engine/selection.h"
#include "experiments/engine/task_data.h"
#include "experiments/run/inputs.h"
#include "methods/catalog/method_info.h"

#include <ATen/ops/stack.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <thread>

namespace diapason {
namespace {

// Thrown at a step's boundary, or inside a step before anything of it counts; the checkpoint is written by then.
struct Stopped {
    Stop why;
};
struct Diverged {
    std::int64_t step;
    double loss;
};

constexpr std::chrono::seconds lock_patience{60};

TrainerOptions trainer_options(const ResolvedRun& run) {
    const OptionValues& o = run.training;
    TrainerOptions options;
    options.adamw = {o.real("beta1"), o.real("beta2"), o.real("epsilon"), o.real("weight_decay")};
    options.learning_rate = o.real("learning_rate") > 0 ? o.real("learning_rate") : run.method->default_learning_rate;
    options.schedule = schedule_kind_from(o.text("schedule"));
    options.steps = o.integer("steps");
    options.warmup =
        static_cast<std::int64_t>(std::llround(o.real("warmup_fraction") * static_cast<double>(options.steps)));
    options.warm_from_first = true;
    options.clip_norm = o.real("clip_norm");
    options.accumulation = o.integer("accumulation");
    options.normaliser =
        o.text("loss_normaliser") == "per_example" ? LossNormaliser::per_example : LossNormaliser::per_label;
    options.dropout_seed = stream_seed(run.spec.seed, Stream::dropout);
    options.backbone_dropout = o.flag("backbone_dropout");
    return options;
}

// One run from its first allocation to its last event.
class Run {
public:
    Run(const RunSpec& spec, const RunPlace& place, const EventSink& sink, RunControl& control, FrozenStore* store)
        : m_spec(spec),
          m_place(place),
          m_sink(sink),
          m_control(control),
          m_store(store),
          m_points(sink),
          m_clock(place.policy.checkpoint_every_s) {}

    void execute() {
        m_sink(StateChanged{RunState::starting, {}, {}, {}});
        prepare_compute_thread(m_spec.threads);
        lock_folder();
        set_up();
        const std::string frozen_before = m_model->hash_frozen();
        resume();
        announce();
        m_sink(StateChanged{RunState::running, {}, {}, {}});
        train();
        if (m_place.checkpoint_at_end || m_clock.due()) keep_checkpoint();
        // Frozen states serve all runs of a process: a step must not look cheaper in the run that finds them.
        const double aside_s = m_evaluation_s + frozen_s() + m_clock.total_s();
        // Prompting has no step whose time could be told.
        const double step_s = m_steps == 0 ? 0 : (m_points.elapsed() - aside_s) / static_cast<double>(m_steps);
        m_points.close_history();
        if (m_trainer) m_selection.restore_values(*m_trainer);
        const std::vector<MetricValue> metrics = test();
        const bool unchanged = m_model->hash_frozen() == frozen_before;
        if (!unchanged) throw Error(ErrorKind::internal, "frozen weights changed during training");
        const std::int64_t stored_bytes = store_adapter();
        m_points.flush();
        m_sink(Progress{m_steps, m_steps});
        Json summary = {{"metrics", to_json(metrics)},   {"best_step", m_selection.step()},
                        {"frozen_unchanged", unchanged}, {"seconds", m_points.elapsed()},
                        {"step_seconds", step_s},        {"checkpoint_seconds", m_clock.total_s()},
                        {"adapter_bytes", stored_bytes}, {"items", m_items}};
        if (m_dropped || (m_asking && m_asking->dropped())) summary["demonstrations_dropped"] = true;
        m_sink(StateChanged{RunState::finished, {}, {}, std::move(summary)});
    }

    std::int64_t step() const { return m_step; }
    void flush() { m_points.flush(); }

private:
    // The child of a killed program may be about to leave its last checkpoint there.
    void lock_folder() {
        if (m_place.folder.empty()) return;
        try {
            m_lock.emplace(m_place.folder, lock_patience, [this] { return stopping(); });
        } catch (const Error&) {
            stop_if_asked(); // nobody wants to wait
            throw;
        }
    }

    void set_up() {
        m_run = resolve_run(m_spec, m_place.task);
        m_data = shared_task_data(m_run);
        m_inputs = inputs_of(m_run, *m_data);
        require_same_inputs(m_place.inputs, m_inputs, "other runs of this study");
        m_counts = m_run.method->count(m_run.config, m_run.shape, m_run.options);
        m_model = build_run_model(m_run, *m_data);
        const OptionValues& training = m_run.training;
        if (!m_model->trainable().empty()) m_trainer = std::make_unique<Trainer>(*m_model, trainer_options(m_run));
        m_steps = m_trainer == nullptr ? 0 : training.integer("steps"); // prompting trains nothing
        m_read_every = m_model->device().is_cpu() ? 1 : 16;
        m_order.emplace(items_used("train"), training.integer("batch_size"), stream_seed(m_spec.seed, Stream::order));
        if (Asking::wanted(m_data->task(), m_run.asking, m_run.in_words))
            m_asking.emplace(*m_data, *m_model, m_run.asking, m_spec.seed, training.integer("max_train_items"));
        if (m_store != nullptr && !m_asking && !training.flag("backbone_dropout")) {
            const std::int64_t draws = m_steps * training.integer("batch_size") * training.integer("accumulation");
            const auto items = [this](const std::string& split) { return items_used(split); };
            const FrozenPlan plan{items, draws, m_spec.threads};
            m_frozen.emplace(*m_model, m_data, *m_store, plan, [this] { heed_control(); });
        }
        if (m_frozen && m_trainer) {
            m_trainer->read_by([this](const PackedBatch& batch, const ForwardState& state) {
                return m_frozen->read("train", m_batch, batch, state);
            });
        }
    }

    std::int64_t items_used(const std::string& split) const {
        const auto items = std::ssize(m_data->split(split).examples);
        const std::int64_t limit = m_run.training.integer(limit_option(split));
        return limit > 0 ? std::min(items, limit) : items;
    }

    double frozen_s() const { return m_frozen ? m_frozen->seconds("train") : 0; }

    Json environment() const {
        Json facts = engine_facts();
        facts["device"] = m_model->device().str();
        facts["diapason"] = DIAPASON_VERSION;
        facts["inputs"] = m_inputs;
        return facts;
    }

    void announce() {
        RunBegan began;
        began.total_steps = m_steps;
        began.first_step = m_step;
        for (const Parameter* parameter : m_model->trainable())
            (m_model->in_head(parameter) ? began.head : began.trained) += parameter->value.numel();
        began.stored = m_counts.stored;
        began.stored_bits = m_counts.stored_bits;
        began.environment = environment();
        m_sink(began);
        m_points.resend();
        m_points.start();
        m_clock.start();
    }

    // --- Going on
    // -----------------------------------------------------------------------------------------------------

    // As if it had never stopped: what earlier attempts have left comes back, and is told again by announce().
    void resume() {
        if (m_trainer == nullptr || m_place.folder.empty()) return;
        std::vector<std::string> broken;
        const auto checkpoint = read_checkpoint(m_place.folder, broken);
        for (const std::string& problem : broken) {
            m_sink(
                LogLine{Severity::warning, "a checkpoint cannot be used: " + problem +
                                               (checkpoint ? ". The previous one is used" : ". The run starts over")});
        }
        if (!checkpoint) return;
        const Json& state = checkpoint->part("run");
        if (state.at("fingerprint") != fingerprint(m_spec))
            throw input_error(checkpoint->file.string(), "belongs to another run", "Remove the file to start over");
        const Json& before = state.at("environment");
        require_same_inputs(before.at("inputs"), m_inputs, "the checkpoint");
        m_trainer->restore(*checkpoint);
        m_selection.restore(*checkpoint);
        m_points.restore(*checkpoint);
        m_step = m_trainer->steps();
        m_order->restore(state.at("epoch").get<std::uint64_t>(), state.at("cursor").get<std::int64_t>());
        m_settled = {m_order->epoch(), m_order->cursor()};
        m_validated = state.at("validated").get<std::int64_t>();
        m_tokens = state.at("tokens").get<std::int64_t>();
        m_evaluation_s = state.at("aside_s").get<double>();
        m_clock.restore(state.at("checkpoint_s").get<double>());
        m_dropped = state.at("demonstrations_dropped").get<bool>();
        m_sink(LogLine{Severity::info, "continues from its checkpoint at step " + std::to_string(m_step)});
        const Json now = environment();
        for (const auto& [fact, value] : now.items()) {
            if (fact == "inputs" || before.value(fact, value) == value) continue;
            m_sink(LogLine{Severity::warning, "continues with a different " + fact + ": " + plain(before.at(fact)) +
                                                  " before, " + plain(value) + " now; the last bits may differ"});
        }
    }

    static std::string plain(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

    // Of the last completed step, whatever has been begun since then.
    void keep_checkpoint() {
        if (m_trainer == nullptr || m_place.folder.empty() || m_step == 0) return;
        m_clock.begin();
        read_pending();
        Checkpoint checkpoint;
        m_trainer->save(checkpoint);
        m_selection.save(checkpoint);
        m_points.save(checkpoint);
        checkpoint.state["run"] = {{"fingerprint", fingerprint(m_spec)},
                                   {"environment", environment()},
                                   {"epoch", m_settled.first},
                                   {"cursor", m_settled.second},
                                   {"validated", m_validated},
                                   {"tokens", m_tokens},
                                   {"aside_s", m_evaluation_s + frozen_s()},
                                   {"checkpoint_s", m_clock.total_s()},
                                   {"demonstrations_dropped", m_dropped || (m_asking && m_asking->dropped())}};
        try {
            const WrittenCheckpoint written = write_checkpoint(m_place.folder, checkpoint);
            m_sink(ArtifactWritten{"checkpoint", written.name, written.sha256, written.bytes, m_step});
        } catch (const Error& error) { // a full disk: the one before is there, and the next may find room
            if (error.kind() != ErrorKind::storage) throw;
            m_sink(LogLine{Severity::warning, std::string("a checkpoint cannot be written: ") + error.what()});
        }
        m_clock.end();
    }

    // Pausing holds the run here; stopping ends it here.
    void heed_control() {
        stop_if_asked();
        if (!m_control.pause) return;
        keep_checkpoint();
        m_points.flush();
        m_sink(StateChanged{RunState::paused, {}, {}, {}});
        while (m_control.pause && !stopping())
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        stop_if_asked();
        m_sink(StateChanged{RunState::running, {}, {}, {}});
    }

    bool stopping() const { return m_control.stop != Stop::none; }
    void stop_if_asked() {
        const Stop why = m_control.stop;
        if (why == Stop::none) return;
        keep_checkpoint();
        throw Stopped{why};
    }

    // --- Training
    // -----------------------------------------------------------------------------------------------------

    bool validation_due() const {
        if (m_validated == m_step) return false;
        const std::int64_t every = m_run.training.integer("evaluate_every");
        return m_step == m_steps || (m_step > 0 && every > 0 && m_step % every == 0);
    }

    PackedBatch next_batch() {
        m_batch = m_order->next();
        std::vector<Sequence> sequences;
        for (const std::int64_t i : m_batch) {
            const auto item = static_cast<std::size_t>(i);
            if (m_asking)
                sequences.push_back(m_asking->training_sequence("train", item));
            else
                m_data->add_training_sequences("train", item, m_model->prompt_template(), sequences);
        }
        return m_model->pack(sequences);
    }

    void train() {
        auto progress = std::chrono::steady_clock::now();
        while (true) {
            if (validation_due()) validate();
            if (m_step == m_steps) return;
            heed_control();
            if (m_clock.due()) keep_checkpoint();
            Step step = m_trainer->step([this] { return next_batch(); });
            m_step = step.number;
            m_settled = {m_order->epoch(), m_order->cursor()};
            m_tokens += step.tokens;
            m_pending.push_back(std::move(step));
            if (m_pending.size() >= m_read_every) read_pending();
            const auto now = std::chrono::steady_clock::now();
            if (now - progress > std::chrono::milliseconds(200)) {
                progress = now;
                m_points.add({"system", "", measure::tokens_per_second}, m_step,
                             static_cast<double>(m_tokens) / std::max(1e-9, m_points.elapsed() - m_evaluation_s));
                m_sink(Progress{m_step, m_steps});
            }
        }
    }

    // Reading a value from an accelerator waits for it, so that several updates are read at once there.
    void read_pending() {
        std::vector<at::Tensor> values;
        for (const Step& step : m_pending) {
            values.push_back(step.loss_sum.to(at::kDouble));
            values.push_back(step.gradient_norm.to(at::kDouble));
        }
        if (values.empty()) return;
        const at::Tensor read = at::stack(values).to(at::kCPU);
        const double* at = read.const_data_ptr<double>();
        std::vector<Step> steps;
        steps.swap(m_pending);
        for (const Step& step : steps) {
            const double loss = *at++ / step.divisor;
            m_points.add({"train", "", measure::loss}, step.number, loss);
            m_points.add({"train", "", measure::learning_rate}, step.number, step.rate);
            m_points.add({"train", "", measure::gradient_norm}, step.number, *at++);
            if (!std::isfinite(loss)) throw Diverged{step.number, loss};
        }
    }

    EvaluationRequest request(const std::string& split, bool metrics, bool predictions) {
        EvaluationRequest request;
        request.split = split;
        request.max_items = m_run.training.integer(limit_option(split));
        request.metrics = metrics;
        request.predictions = predictions;
        request.asking = m_asking ? &*m_asking : nullptr;
        request.frozen = m_frozen ? &*m_frozen : nullptr;
        request.by_mean = m_run.asking.by_mean;
        request.stop = [this] { return stopping(); };
        return request;
    }

    void validate() {
        read_pending();
        const double before = m_points.elapsed();
        const Task& task = m_data->task();
        // Decoding for a metric in mid-training costs more than the training itself: what is written is selected by its
        // loss.
        const bool by_loss = task.kind->written(m_run.in_words);
        Evaluation result = evaluate(*m_model, *m_data, request("validation", !by_loss, false));
        stop_if_asked();
        m_points.add({"validation", "", measure::loss}, m_step, result.loss);
        for (const auto& [name, value] : result.metrics)
            m_points.add({"validation", "", name}, m_step, value);
        const MeasureInfo judge = measure_info(by_loss ? measure::loss : task.primary_metric);
        const double score = by_loss                                          ? result.loss
                             : result.metrics.count(task.primary_metric) != 0 ? result.metrics.at(task.primary_metric)
                                                                              : std::nan("");
        if (m_run.training.text("select") == "last" || m_selection.improves(judge, score))
            m_selection.take(m_step, score, m_trainer.get(), by_loss ? std::nullopt : std::optional(std::move(result)));
        m_validated = m_step;
        m_evaluation_s += m_points.elapsed() - before;
    }

    std::vector<MetricValue> test() {
        std::vector<MetricValue> metrics;
        for (const char* split : {"validation", "test", "ood"}) {
            if (!m_data->has(split)) continue;
            const std::string prefix = split;
            // Generation metrics cost decoding, so training did not compute them; others are known.
            Evaluation result = prefix == "validation" && m_selection.validation()
                                    ? *m_selection.validation()
                                    : evaluate(*m_model, *m_data, request(split, true, true));
            stop_if_asked();
            std::vector<MetricValue> values = {{{prefix, "", measure::loss}, result.loss}};
            for (const auto& [name, value] : result.metrics)
                values.push_back({{prefix, "", name}, value});
            metrics.insert(metrics.end(), values.begin(), values.end());
            m_items[split] = {{"used", items_used(split)}, {"all", m_data->split(split).examples.size()}};
            if (prefix == "validation") continue; // its points were logged while training
            for (const auto& [name, value] : values)
                m_points.add(name, m_selection.step(), value);
            m_points.flush();
            m_sink(Predictions{prefix, "", m_selection.step(), std::move(result.predictions)});
        }
        return metrics;
    }

    // What was trained is not thrown away because the disk is full at this moment.
    void wait_for_storage(const std::function<void()>& write) {
        const auto end =
            std::chrono::steady_clock::now() + std::chrono::duration<double>(m_place.policy.wait_for_storage_s);
        for (bool told = false;; told = true) {
            try {
                return write();
            } catch (const Error& error) {
                if (error.kind() != ErrorKind::storage || std::chrono::steady_clock::now() >= end) throw;
                if (!told)
                    m_sink(LogLine{Severity::warning,
                                   std::string("waits until its adapter can be stored: ") + error.what()});
            }
            const auto next = std::chrono::steady_clock::now() + std::chrono::seconds(1);
            while (std::chrono::steady_clock::now() < next) {
                stop_if_asked();
                std::this_thread::sleep_for(std::chrono::milliseconds(20));
            }
        }
    }

    // What inference needs beside the backbone, and specification and task to rebuild it.
    // @return the file's size, 0 when nothing is kept
    std::int64_t store_adapter() {
        if (m_place.folder.empty()) return 0;
        const auto file = m_place.folder / adapter_file;
        wait_for_storage([&] {
            make_folders(m_place.folder); // it may have gone meanwhile
            save_adapter(
                file, *m_model,
                {{"format", "diapason-adapter"}, {"spec", to_json(m_spec).dump()}, {"task", m_run.definition.dump()}});
        });
        const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(file));
        m_sink(ArtifactWritten{"adapter", adapter_file, sha256_of_file(file), bytes, m_selection.step()});
        return bytes;
    }

    const RunSpec& m_spec;
    const RunPlace& m_place;
    const EventSink& m_sink;
    RunControl& m_control;
    FrozenStore* m_store;
    std::optional<FolderLock> m_lock;
    PointLog m_points;
    CheckpointClock m_clock;
    ResolvedRun m_run;
    Json m_inputs;
    std::shared_ptr<TaskData> m_data;
    std::unique_ptr<Model> m_model;
    std::unique_ptr<Trainer> m_trainer;   ///< absent: nothing is trained
    std::optional<FrozenStates> m_frozen; ///< absent: every layer is computed at every step
    std::optional<Asking> m_asking;       ///< absent: a head answers, or the task's own templates
    std::optional<BatchOrder> m_order;
    Selection m_selection;
    ParameterCounts m_counts;
    Json m_items = Json::object(); ///< by split
    std::int64_t m_steps = 0, m_step = 0, m_tokens = 0;
    std::int64_t m_validated = -1;                         ///< the last step that was validated
    std::vector<std::int64_t> m_batch;                     ///< items of the micro-batch that is computed
    std::pair<std::uint64_t, std::int64_t> m_settled = {}; ///< epoch and cursor behind the last completed step
    std::vector<Step> m_pending;                           ///< whose loss and gradient norm have not been read yet
    std::size_t m_read_every = 1;
    double m_evaluation_s = 0;
    bool m_dropped = false; ///< an earlier attempt found no room for some demonstration
};

} // namespace

RunState execute_run(const RunSpec& spec, const RunPlace& place, const EventSink& sink, RunControl& control,
                     FrozenStore* store) {
    Run run(spec, place, sink, control, store);
    const auto end = [&](RunState state, const std::string& message, ErrorKind kind) {
        run.flush();
        sink(StateChanged{state, message, kind, {}});
        return state;
    };
    try {
        run.execute();
        return RunState::finished;
    } catch (const Stopped& stopped) {
        return end(stopped.why == Stop::cancel ? RunState::cancelled : RunState::interrupted,
                   "stopped at step " + std::to_string(run.step()), ErrorKind::cancelled);
    } catch (const Diverged& diverged) {
        return end(RunState::diverged,
                   "the loss became " + std::string(std::isnan(diverged.loss) ? "NaN" : "infinite") + " at step " +
                       std::to_string(diverged.step),
                   ErrorKind::diverged);
    } catch (...) {
        const Error error = current_error();
        return end(RunState::failed, error.what(), error.kind());
    }
}

} // namespace diapason
