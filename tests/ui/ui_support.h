// What window tests share: a window with its own home and database, runs with believable curves, finding widgets.
#pragma once

#include "core/base/paths.h"
#include "tests/support/test_support.h"
#include "tests/ui/hand_executor.h"
#include "ui/frame/words.h"
#include "ui/shell/main_window.h"
#include "ui/theme/theme.h"

#include <QLabel>
#include <QLineEdit>
#include <QTableWidget>
#include <QtTest>

#include <cmath>
#include <memory>

namespace diapason::testing {

/// The contrast ratio of WCAG 2.1.
inline double contrast(const QColor& a, const QColor& b) {
    const auto linear = [](double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); };
    const auto luminance = [&](const QColor& c) {
        return 0.2126 * linear(c.redF()) + 0.7152 * linear(c.greenF()) + 0.0722 * linear(c.blueF());
    };
    const double x = luminance(a), y = luminance(b);
    return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

/// Two methods, one of them varied: `levels` + 1 arms.
inline Study window_study(std::vector<std::uint64_t> seeds = {1, 2, 3}, int levels = 2) {
    Json lengths = Json::array();
    for (int i = 0; i < levels; ++i)
        lengths.push_back(5 * (i + 1));
    return study_from_json(
        {{"format", "diapason-study"},
         {"version", 1},
         {"id", "window"},
         {"title", "Window study"},
         {"question", "What does the window show?"},
         {"backbone", "encoder-mini"},
         {"task", "section"},
         {"training", {{"steps", 40}}},
         {"methods", {{{"method", "lora"}}, {{"method", "prompt_tuning"}, {"vary", {{"length", lengths}}}}}},
         {"seeds", seeds}},
        "window");
}

inline RunEvent state_event(RunState state, const std::string& message = {}, const Json& summary = Json::object()) {
    return StateChanged{state, message, ErrorKind::internal, summary};
}

/// A run from its beginning to step `until`, without an end: falling loss, rising accuracy, both told apart by seed.
inline std::vector<RunEvent> begun_run(const RunJob& job, std::int64_t steps, std::int64_t until) {
    const double speed = 0.05 + 0.02 * static_cast<double>(job.spec.method.size() % 5);
    std::vector<RunEvent> events = {state_event(RunState::starting), RunBegan{steps, 16384, 16384, 524288, 1548, {}},
                                    state_event(RunState::running)};
    for (std::int64_t step = 1; step <= until; ++step) {
        const auto x = static_cast<double>(step);
        const double wobble = 0.1 * std::sin(7.3 * x * static_cast<double>(job.spec.seed));
        std::vector<MetricPoint> points = {
            {{"train", "", "loss"}, step, 0.1 * x, 2.4 * std::exp(-speed * x * 0.4) + 0.2 + wobble},
            {{"train", "", "learning_rate"}, step, 0.1 * x, 1e-3 * (1 - x / static_cast<double>(steps))}};
        if (step % 10 == 0 || step == steps) {
            const double score = 0.9 - 0.7 * std::exp(-speed * x) + 0.01 * static_cast<double>(job.spec.seed);
            points.push_back({{"validation", "", "accuracy"}, step, 0.1 * x, score});
            points.push_back({{"validation", "", "loss"}, step, 0.1 * x, 2.4 * std::exp(-speed * x) + 0.3});
        }
        events.push_back(MetricPoints{points});
        events.push_back(Progress{step, steps});
    }
    return events;
}

inline std::vector<RunEvent> finished_run(const RunJob& job, std::int64_t steps = 40) {
    std::vector<RunEvent> events = begun_run(job, steps, steps);
    const double score = 0.8 + 0.01 * static_cast<double>(job.spec.seed) +
                         0.01 * static_cast<double>(job.spec.method.size() % 7) +
                         0.002 * static_cast<double>(job.spec.method_options.value("length", 0));
    events.push_back(MetricPoints{{{{"test", "", "accuracy"}, steps, 4.1, score}}});
    events.push_back(
        state_event(RunState::finished, {},
                    {{"metrics", to_json(std::vector<MetricValue>{{{"test", "", "accuracy"}, score},
                                                                  {{"validation", "", "accuracy"}, score + 0.01}})},
                     {"best_step", steps},
                     {"frozen_unchanged", true},
                     {"seconds", 4.1}}));
    return events;
}

/// What a run that has begun (begun_run) still sends: it begins once.
inline std::vector<RunEvent> rest_of_run(const RunJob& job, std::int64_t steps = 40) {
    std::vector<RunEvent> events = finished_run(job, steps);
    events.erase(events.begin(), events.begin() + 3); // starting, began, running
    return events;
}

/// A window on an empty database, whose runs are played by hand unless `realEngine`.
class WindowUnderTest {
public:
    explicit WindowUnderTest(bool realEngine = false, ui::Appearance look = ui::Appearance::light) {
        set_home_folder(m_folder / "home");
        ui::EnglishPlurals::install();
        ui::applyTheme(look);
        workspace = std::make_unique<ui::Workspace>();
        if (!realEngine) {
            workspace->setExecutorFactory([this] {
                hand = std::make_shared<HandState>();
                return std::make_unique<HandExecutor>(hand);
            });
        }
        window = std::make_unique<ui::MainWindow>(*workspace);
        QObject::connect(workspace.get(), &ui::Workspace::problem, window.get(),
                         [this](const QString& text) { problems.append(text); });
        window->show();
        if (!settle()) qWarning("no widget shows the plans");
    }
    bool open() { return workspace->openDatabase(m_folder / "window.db"); }
    /// Waits for the plans of the design and of the samples, and until what the design will read is known.
    bool settle() const {
        const auto* samples = find<QTableWidget>("samples");
        const auto planned = [&] {
            return workspace->checked() && (workspace->inputsChecked() || !workspace->plan()->problems.empty());
        };
        return comes_true([&] { return planned() && !samples->item(samples->rowCount() - 1, 2)->text().isEmpty(); });
    }
    std::filesystem::path folder() const { return m_folder.path(); }

    /// Starts the design and plays all its runs, or the first `runs` of them, to their end.
    bool play(const Study& study, std::size_t runs = 1000) {
        workspace->openDesign(study);
        if (!settle() || !workspace->startStudy()) return false;
        for (std::size_t i = 0; i < runs && workspace->running(); ++i) {
            if (!comes_true([&] { return hand->job().key != 0 || !workspace->running(); })) return false;
            const RunJob job = hand->job();
            if (job.key != 0) hand->send(finished_run(job));
        }
        return true;
    }
    bool playToEnd(const Study& study) {
        return play(study) && comes_true([&] { return !workspace->running(); });
    }

    template <class W>
    W* find(const char* name) const {
        W* found = window->findChild<W*>(QLatin1String(name));
        if (found == nullptr) qWarning("no widget %s", name);
        return found;
    }

private:
    TemporaryFolder m_folder;

public:
    std::shared_ptr<HandState> hand;
    QStringList problems;
    std::unique_ptr<ui::Workspace> workspace;
    std::unique_ptr<ui::MainWindow> window; // goes first
};

/// Replaces the text of a field and leaves it with Return.
inline void type(QLineEdit* edit, const char* text) {
    edit->setFocus();
    edit->selectAll();
    QTest::keyClicks(edit, QLatin1String(text));
    QTest::keyClick(edit, Qt::Key_Return);
}

} // namespace diapason::testing
