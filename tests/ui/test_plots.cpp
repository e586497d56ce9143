// What the plots draw over what, in both themes, and what they say: raised arms, ghosts, notes, values of one step.

#include "tests/ui/ui_support.h"
#include "ui/plots/arm_values.h"
#include "ui/plots/axes.h"
#include "ui/plots/curve_plot.h"
#include "ui/results/size_plot.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace diapason;
using namespace diapason::testing;

namespace {

const MetricName loss{"train", "", "loss"};

ui::Curve curve_of(std::vector<std::int64_t> step, std::vector<double> wall, std::vector<double> value) {
    ui::Curve curve;
    curve.step = std::move(step);
    curve.wall = std::move(wall);
    curve.value = std::move(value);
    return curve;
}

/// A plot of arms with one run each, whose values a test gives.
class PlotUnderTest {
public:
    explicit PlotUnderTest(int arms, const std::function<double(int arm, int step)>& value, int points = 50) {
        for (int arm = 1; arm <= arms; ++arm) {
            MetricPoints all;
            for (int step = 1; step <= points; ++step)
                all.points.push_back({loss, step, 0.1 * step, value(arm, step)});
            curves.apply(arm, all);
            ui::CurveStyle style;
            style.run = style.arm = arm;
            style.slot = (arm - 1) % 8 + 1;
            style.armLabel = style.shortLabel = QStringLiteral("arm %1").arg(arm);
            style.colour = ui::seriesColour(style.slot);
            styles.push_back(style);
        }
        plot.resize(900, 500);
        ui::CurveView view;
        view.metric = loss;
        plot.setView(view);
        plot.setStyles(styles);
        plot.show();
        plot.redraw();
    }
    QCustomPlot& drawing() const { return *plot.findChild<QCustomPlot*>(); }
    QString note() const { return plot.findChild<QLabel*>(QStringLiteral("plotNote"))->text(); }
    /// Words in the middle of a plot that has nothing to show.
    QString hint() const {
        for (int i = 0; i < drawing().itemCount(); ++i) {
            const auto* text = qobject_cast<QCPItemText*>(drawing().item(i));
            if (text != nullptr && text->visible()) return text->text();
        }
        return {};
    }
    /// The colours beside and on a point, from top to bottom.
    std::vector<QColor> around(double x, double y) const {
        const QImage image = drawing().toPixmap(drawing().width(), drawing().height()).toImage();
        const int column = qRound(drawing().xAxis->coordToPixel(x)), row = qRound(drawing().yAxis->coordToPixel(y));
        std::vector<QColor> colours;
        for (int offset = -2; offset <= 2; ++offset)
            colours.push_back(image.pixelColor(column, row + offset));
        return colours;
    }

    ui::RunCurves curves;
    std::vector<ui::CurveStyle> styles;
    ui::CurvePlot plot{curves};
};

} // namespace

class TestPlots : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() {
        ui::EnglishPlurals::install();
        ui::applyTheme(ui::Appearance::light);
    }

    // Curves of equal values lie on each other: the raised one must be the one to be seen, whichever was made first.
    void theRaisedArmIsDrawnAboveAllOthers() {
        PlotUnderTest at(12, [](int, int) { return 1.0; });
        for (const ui::CurveStyle& style : at.styles) {
            at.plot.setRaisedArm(style.arm);
            at.plot.redraw();
            for (const double x : {10.3, 25.0, 49.5}) {
                const std::vector<QColor> seen = at.around(x, 1.0);
                QVERIFY2(std::find(seen.begin(), seen.end(), style.colour) != seen.end(), qPrintable(style.armLabel));
            }
        }
    }

    void othersAreDimmedButVisible_data() {
        QTest::addColumn<int>("look");
        QTest::newRow("light") << static_cast<int>(ui::Appearance::light);
        QTest::newRow("dark") << static_cast<int>(ui::Appearance::dark);
    }
    void othersAreDimmedButVisible() {
        QFETCH(int, look);
        ui::applyTheme(static_cast<ui::Appearance>(look));
        PlotUnderTest at(8, [](int arm, int) { return arm; });
        const QColor ground = ui::colour(ui::Role::base);
        const auto strongest = [&](int arm) {
            double best = 1;
            for (const QColor& c : at.around(25.3, arm))
                best = std::max(best, contrast(c, ground));
            return best;
        };
        std::vector<double> before(9);
        for (int arm = 1; arm <= 8; ++arm)
            before[static_cast<std::size_t>(arm)] = strongest(arm);
        at.plot.setRaisedArm(3);
        at.plot.redraw();
        for (int arm = 1; arm <= 8; ++arm) {
            const double now = strongest(arm), then = before[static_cast<std::size_t>(arm)];
            const QString figures = QStringLiteral("arm %1: %2, was %3").arg(arm).arg(now).arg(then);
            if (arm == 3)
                QVERIFY2(now >= then, qPrintable(figures));
            else
                QVERIFY2(now < then && now >= 1.3, qPrintable(figures));
        }
        at.plot.setRaisedArm(0);
        at.plot.redraw();
        QCOMPARE(strongest(5), before[5]);
    }

    void hidingAnArmMakesNoGraphs() {
        PlotUnderTest at(20, [](int arm, int step) { return arm + 0.01 * step; });
        const auto graphs = [&] {
            std::vector<QCPGraph*> all;
            for (int i = 0; i < at.drawing().graphCount(); ++i)
                all.push_back(at.drawing().graph(i));
            return all;
        };
        const std::vector<QCPGraph*> before = graphs();
        QCOMPARE(at.drawing().legend->itemCount(), 0);
        at.styles[4].hidden = true;
        at.styles[5].colour = Qt::red;
        at.plot.setStyles(at.styles);
        at.plot.redraw();
        QVERIFY(graphs() == before);
        const std::vector<QColor> seen = at.around(25.3, 5.253);
        QVERIFY(std::find(seen.begin(), seen.end(), ui::seriesColour(at.styles[4].slot)) == seen.end());
        // Fewer runs: theirs go, the others stay.
        at.styles.resize(3);
        at.plot.setStyles(at.styles);
        at.plot.redraw();
        QVERIFY(graphs().size() < before.size());
        for (QCPGraph* graph : graphs())
            QVERIFY(std::find(before.begin(), before.end(), graph) != before.end());
        ui::SizePlot sizes;
        QVERIFY(!sizes.autoAddPlottableToLegend());
    }

    // Another database may have runs of the same numbers, with as many points.
    void aRunThatBeginsAnewIsDrawnAnew() {
        PlotUnderTest at(1, [](int, int) { return 1.0; });
        const QColor line = at.styles.front().colour;
        at.curves.clear();
        MetricPoints other;
        for (int step = 1; step <= 50; ++step)
            other.points.push_back({loss, step, 0.1 * step, step < 25 ? 2.0 : 3.0});
        at.curves.apply(1, other);
        at.plot.setStyles(at.styles);
        at.plot.redraw();
        const std::vector<QColor> seen = at.around(10.3, 2.0);
        QVERIFY(std::find(seen.begin(), seen.end(), line) != seen.end());
    }

    void decimationIsSaidWhereverThePlotIsZoomedTo() {
        PlotUnderTest at(
            1, [](int, int step) { return std::sin(0.01 * step); }, 20000);
        QVERIFY2(at.note().startsWith(QLatin1String("showing ")), qPrintable(at.note()));
        at.plot.setFollow(false);
        at.drawing().xAxis->setRange(1000, 11000);
        at.plot.redraw();
        QVERIFY2(at.note().contains(QLatin1String("points in view")), qPrintable(at.note()));
        at.drawing().xAxis->setRange(1000, 1200); // every point has a pixel
        at.plot.redraw();
        QCOMPARE(at.note(), QString());
    }

    void aFullPlotNeverSaysThatItIsEmpty() {
        PlotUnderTest at(2, [](int arm, int) { return arm; });
        QCOMPARE(at.hint(), QString());
        at.plot.setStyles(at.styles); // as after another theme or another database
        at.plot.redraw();
        QCOMPARE(at.hint(), QString());
        for (ui::CurveStyle& style : at.styles)
            style.hidden = true;
        at.plot.setStyles(at.styles);
        at.plot.redraw();
        QCOMPARE(at.hint(), QString());
        ui::CurveView other;
        other.metric = {"validation", "", "accuracy"};
        at.plot.setView(other);
        at.plot.redraw();
        QCOMPARE(at.hint(), QStringLiteral("no points yet"));
        other.firstStep = 25;
        at.plot.setView(other);
        at.plot.redraw();
        QCOMPARE(at.hint(), QStringLiteral("first evaluation at step 25"));
        QVERIFY(at.drawing().xAxis->range().upper >= 25);
    }

    void noLineAtZeroInADarkPlot() {
        ui::applyTheme(ui::Appearance::dark);
        PlotUnderTest at(2, [](int arm, int) { return arm == 1 ? -1 : 1; });
        for (const QColor& seen : at.around(25.3, 0))
            QVERIFY2(contrast(seen, ui::colour(ui::Role::base)) < 2, qPrintable(seen.name()));
        ui::SizePlot sizes;
        for (const QCPAxis* axis : {sizes.xAxis, sizes.yAxis}) {
            sizes.setTable({});
            QCOMPARE(axis->grid()->zeroLinePen().style(), Qt::NoPen);
        }
    }

    void valuesAreThoseOfOneStep() {
        const double nan = std::numeric_limits<double>::quiet_NaN();
        const ui::Curve whole = curve_of({10, 20, 30, 40}, {1, 2, 3, 4}, {1, 2, 3, 4});
        const ui::Curve young = curve_of({10, 20}, {2, 4}, {5, 6});
        const ui::Curve broken = curve_of({10}, {1}, {9});
        const ui::Curve gap = curve_of({10, 20, 30, 40}, {1, 2, 3, 4}, {1, nan, 3, 4});
        const auto values = [](const std::vector<ui::SeedCurve>& seeds, const ui::Moment& moment) {
            return ui::valuesOf(seeds, moment);
        };
        // The latest that all share; a seed without a point does not count, nor one that broke off.
        ui::ArmValue at = values({{&whole, false}, {&young, false}, {nullptr, false}}, {});
        QCOMPARE(at.step, std::int64_t(20));
        QCOMPARE(at.values, (std::vector<double>{2, 6}));
        at = values({{&whole, false}, {&young, false}, {&broken, true}}, {});
        QCOMPARE(at.step, std::int64_t(20));
        QCOMPARE(at.values, (std::vector<double>{2, 6}));
        at = values({{&broken, true}}, {});
        QCOMPARE(at.values, (std::vector<double>{9}));
        // At a cursor: those that reached it.
        ui::Moment cursor;
        cursor.step = 35;
        at = values({{&whole, false}, {&young, false}}, cursor);
        QCOMPARE(at.step, std::int64_t(30));
        QCOMPARE(at.values, (std::vector<double>{3}));
        cursor.step = 25;
        QCOMPARE(values({{&whole, false}, {&young, false}}, cursor).values, (std::vector<double>{2, 6}));
        cursor.step = 5;
        QVERIFY(values({{&whole, false}}, cursor).values.empty());
        // At a moment: what was known then.
        ui::Moment head;
        head.wall = 3.5;
        at = values({{&whole, false}, {&young, false}}, head);
        QCOMPARE(at.step, std::int64_t(10));
        QCOMPARE(at.values, (std::vector<double>{1, 5}));
        // What is not finite is no value.
        cursor.step = 20;
        QCOMPARE(values({{&gap, false}, {&young, false}}, cursor).values, (std::vector<double>{6}));
        // Throughput is measured at steps of each run's own.
        const ui::Curve other = curve_of({3, 17, 33}, {1, 2, 3}, {7, 8, 9});
        QCOMPARE(values({{&whole, false}, {&other, false}}, {}).values, (std::vector<double>{3, 9}));
    }

    void markersStandAtTheirSizes() {
        ResultTable table;
        table.primary_metric = {"test", "", "accuracy"};
        table.metrics = {table.primary_metric};
        for (int i = 0; i < 3; ++i) {
            ResultRow row;
            row.label = "arm " + std::to_string(i);
            row.trained = 256;
            row.colour_slot = i + 1;
            row.metrics = {estimate({0.5 + 0.1 * i, 0.55 + 0.1 * i})};
            table.rows.push_back(row);
        }
        ui::SizePlot plot;
        plot.resize(700, 400);
        plot.setTable(table);
        const ui::SizeMarks* marks = nullptr;
        for (int i = 0; i < plot.itemCount(); ++i) {
            if (const auto* found = qobject_cast<const ui::SizeMarks*>(plot.item(i))) marks = found;
        }
        QVERIFY(marks != nullptr);
        QCOMPARE(marks->marks().size(), std::size_t(3));
        double middle = 0;
        std::set<double> places;
        for (const ui::SizeMark& mark : marks->marks()) {
            QCOMPARE(mark.x, 256.0);
            middle += mark.aside / 3;
            places.insert(marks->pixelOf(mark).x());
        }
        QCOMPARE(places.size(), std::size_t(3)); // none covers another
        QVERIFY(std::abs(middle) < 1e-9);        // and all stand around the size
    }
};

DIAPASON_TEST(TestPlots)
#include "test_plots.moc"
