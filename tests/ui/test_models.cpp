// Models under Qt's own tester while they change, and what a plot draws: smoothing, thinning, means, gaps.

#include "experiments/results/results.h"
#include "tests/support/plans.h"
#include "tests/ui/ui_support.h"
#include "ui/design/arms_model.h"
#include "ui/plots/curve_cache.h"
#include "ui/plots/curve_plot.h"
#include "ui/results/results_model.h"
#include "ui/run/queue_model.h"

#include <QAbstractItemModelTester>
#include <QSortFilterProxyModel>

#include <limits>

using namespace diapason;
using namespace diapason::testing;

namespace {

constexpr auto fatal = QAbstractItemModelTester::FailureReportingMode::Fatal;

QueueStatus queue_of(std::initializer_list<RunState> states) {
    QueueStatus status;
    RowId id = 0;
    for (const RunState state : states) {
        QueueEntry entry;
        entry.run = ++id;
        entry.arm = 1;
        entry.arm_label = "LoRA";
        entry.seed = static_cast<std::uint64_t>(id);
        entry.state = state;
        entry.step = 5;
        entry.total_steps = 10;
        status.entries.push_back(entry);
    }
    return status;
}

ui::Curve curve_of(const std::vector<double>& values, int stride = 1) {
    ui::Curve curve;
    for (std::size_t i = 0; i < values.size(); ++i) {
        curve.step.push_back(static_cast<std::int64_t>(i + 1) * stride);
        curve.wall.push_back(0.5 * static_cast<double>(i + 1));
        curve.value.push_back(values[i]);
    }
    return curve;
}

} // namespace

class TestModels : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void armsModel() {
        ui::ArmsModel model;
        QAbstractItemModelTester tester(&model, fatal);
        const auto show = [&](const Study& study) { model.setPlan(std::make_shared<const Plan>(planned(study))); };
        show(window_study());
        QCOMPARE(model.rowCount(), 3);
        const auto text = [&](int row, int column) {
            return model.index(row, column).data(Qt::DisplayRole).toString();
        };
        // Rank 8 on q and v of 4 layers of width 256: 2 · 4 · 8 · (256 + 256) weights, 32 bits each.
        QCOMPARE(text(0, ui::ArmsModel::Trained).remove(QChar(0x2009)).remove(QChar(0x202F)), QStringLiteral("32768"));
        QCOMPARE(text(0, ui::ArmsModel::Stored), QStringLiteral("128 KiB"));
        QCOMPARE(text(1, ui::ArmsModel::Seeds), QStringLiteral("3"));
        Study nothing = window_study();
        nothing.methods.clear();
        show(nothing);
        QCOMPARE(model.rowCount(), 0);
        Study absent = window_study();
        absent.backbone = "/nowhere";
        show(absent);
        QCOMPARE(text(0, ui::ArmsModel::Trained), QStringLiteral("—"));
        QVERIFY(model.index(0, 0).data(Qt::ToolTipRole).toString().contains(QLatin1String("/nowhere")));
    }

    void queueModel() {
        ui::QueueModel model;
        QAbstractItemModelTester tester(&model, fatal);
        model.setStatus(queue_of({RunState::finished, RunState::queued, RunState::running, RunState::failed}));
        QCOMPARE(model.rowCount(), 4);
        // At work first, then what went wrong, what waits, what is done.
        const char* const order[] = {"running", "failed", "queued", "finished"};
        for (int row = 0; row < 4; ++row)
            QCOMPARE(model.index(row, 0).data().toString(), QLatin1String(order[row]));
        QCOMPARE(model.index(0, 0).data(ui::QueueModel::ShareRole).toDouble(), 0.5);
        model.setStatus(queue_of({RunState::finished, RunState::finished, RunState::finished, RunState::failed}));
        QCOMPARE(model.index(0, 0).data().toString(), QStringLiteral("failed"));
        model.setStatus({});
        QCOMPARE(model.rowCount(), 0);
    }

    // What was never begun has no time; an estimate that is used up is none.
    void queueTimesAreThoseOfTheRun() {
        ui::QueueModel model;
        QueueStatus status = queue_of({RunState::cancelled, RunState::running, RunState::finished});
        QueueEntry& never = status.entries[0];
        never.step = never.total_steps = 0;
        never.elapsed_s = 1.8e9; // since 1970
        QueueEntry& running = status.entries[1];
        running.elapsed_s = 65;
        running.remaining_s = 30;
        status.entries[2].elapsed_s = 65;
        const auto time = [&](int row) {
            model.setStatus(status);
            return model.index(row, ui::QueueModel::ProgressColumn).data().toString();
        };
        QCOMPARE(time(0), QStringLiteral("0:30 left")); // at work first
        QCOMPARE(time(1), QString());
        QCOMPARE(time(2), QStringLiteral("1:05"));
        running.remaining_s = 0;
        QCOMPARE(time(0), QStringLiteral("1:05 so far"));
        running.step = running.total_steps;
        QCOMPARE(time(0), QStringLiteral("evaluating"));
    }

    void bestStepIsARangeWhereSeedsDiffer() {
        ResultTable table;
        ResultRow row;
        row.trained = 1;
        row.finished = 2;
        row.best_steps = {40, 20};
        table.rows.push_back(row);
        const std::vector<TableColumn> columns = columns_of(table);
        const auto best = std::find_if(columns.begin(), columns.end(),
                                       [](const TableColumn& column) { return column.key == "best_step"; });
        QVERIFY(best != columns.end());
        QCOMPARE(cell_text(table, table.rows[0], *best), std::string("20–40"));
        const std::string csv = render(table, TableFormat::csv);
        QVERIFY2(csv.find("best_step:min,best_step:max") != std::string::npos, csv.c_str());
        QVERIFY2(csv.find(",20.0,40.0,") != std::string::npos, csv.c_str());
        table.rows[0].best_steps = {20, 20};
        QCOMPARE(cell_text(table, table.rows[0], *best), std::string("20"));
        table.rows[0].best_steps.clear();
        QCOMPARE(cell_text(table, table.rows[0], *best), std::string("—"));
    }

    void resultsModelSortsByNumbers() {
        WindowUnderTest at;
        QVERIFY(at.open());
        QVERIFY(at.playToEnd(window_study()));
        ui::ResultsModel model;
        QAbstractItemModelTester tester(&model, fatal);
        QSortFilterProxyModel sorted;
        QAbstractItemModelTester sortedTester(&sorted, fatal);
        sorted.setSourceModel(&model);
        sorted.setSortRole(ui::ResultsModel::SortRole);
        const ResultTable table = result_table(at.workspace->reader(), at.workspace->currentStudy());
        model.setTable(table);
        QCOMPARE(model.rowCount(), 3);
        sorted.sort(1, Qt::DescendingOrder);
        for (int row = 1; row < 3; ++row) {
            QVERIFY(sorted.index(row - 1, 1).data(ui::ResultsModel::SortRole).toDouble() >=
                    sorted.index(row, 1).data(ui::ResultsModel::SortRole).toDouble());
        }
        // Screen and files take their cells from one function.
        for (int column = 0; column < model.columnCount(); ++column)
            QCOMPARE(model.index(0, column).data().toString(),
                     ui::qs(cell_text(table, table.rows[0], model.columns()[static_cast<std::size_t>(column)])));
        model.setTable({});
        QCOMPARE(model.rowCount(), 0);
    }

    void movingAverageIsDebiased() {
        const std::vector<double> out = ui::smooth({4, 4, 4}, 0.9);
        for (const double value : out)
            QVERIFY(std::abs(value - 4) < 1e-12);
        QCOMPARE(ui::smooth({1, 2}, 0), (std::vector<double>{1, 2}));
        const std::vector<double> two = ui::smooth({1, 2}, 0.5);
        QVERIFY(std::abs(two[1] - (0.25 * 1 + 0.5 * 2) / 0.75) < 1e-12);
        QVERIFY(std::isnan(ui::smooth({1, std::nan(""), 3}, 0.5)[1]));
    }

    void thinningKeepsSpikesAndGaps() {
        std::vector<double> x(100000), y(100000);
        for (std::size_t i = 0; i < x.size(); ++i) {
            x[i] = static_cast<double>(i);
            y[i] = std::sin(0.001 * x[i]);
        }
        y[54321] = 99;
        y[777] = -99;
        y[30000] = std::nan("");
        const auto kept = ui::decimate(x, y, x.front(), x.back(), 500);
        QVERIFY(kept.size() <= 3 * 501);
        QVERIFY(std::is_sorted(kept.begin(), kept.end()));
        for (const std::size_t i : {54321u, 777u, 30000u})
            QVERIFY(std::find(kept.begin(), kept.end(), i) != kept.end());
    }

    void meansAreTheEstimates() {
        const double inf = std::numeric_limits<double>::infinity();
        const std::vector<ui::Curve> seeds = {curve_of({1, 2, 3, 9}), curve_of({2, 4, inf}), curve_of({6, 6, 6})};
        ui::CachedMean cache;
        ui::CacheKey key;
        key.columns = 100;
        cache.update({&seeds[0], &seeds[1], &seeds[2]}, key, true);
        // The third step has two finite values, the fourth one: no mean there.
        QCOMPARE(cache.mean.x, (std::vector<double>{1, 2}));
        const Estimate first = estimate({1, 2, 6});
        QVERIFY(std::abs(cache.mean.y[0] - first.mean) < 1e-12);
        QVERIFY(std::abs(cache.high[0] - (first.mean + *first.half_width)) < 1e-12);
        // Other steps: only common ones count.
        const ui::Curve other = curve_of({5, 5}, 2);
        cache.update({&seeds[0], &seeds[2], &other}, key, true);
        QCOMPARE(cache.mean.x, (std::vector<double>{2}));
        // Two seeds: never a band.
        cache.update({&seeds[0], &seeds[2]}, key, true);
        QVERIFY(cache.mean.x.empty());
    }

    void nonFiniteValuesAreCountedNotDrawn() {
        ui::CachedCurve cache;
        ui::CacheKey key;
        key.columns = 100;
        ui::Curve curve = curve_of({1, std::nan(""), std::numeric_limits<double>::infinity(), 4});
        cache.update(curve, key);
        QCOMPARE(cache.badCount, std::size_t(2));
        QCOMPARE(cache.bad, (std::vector<double>{2, 3}));
        QCOMPARE(cache.line.high, 4.0);
        curve = curve_of({1, 2, 3, 4, 5});
        cache.update(curve, key); // it has grown
        QCOMPARE(cache.badCount, std::size_t(0));
        QCOMPARE(cache.line.high, 5.0);
    }
};

DIAPASON_TEST(TestModels)
#include "test_models.moc"
