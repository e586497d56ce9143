// One metric of many runs over steps or time. The same widget draws live runs and replays.
#pragma once

#include "ui/plots/curve_cache.h"
#include "ui/plots/curve_layers.h"
#include "ui/plots/end_labels.h"

#include <QColor>
#include <QLabel>
#include <QTimer>
#include <QWidget>
#include <qcustomplot.h>

#include <limits>
#include <map>
#include <string>
#include <vector>

namespace diapason::ui {

/// A run as the plot draws it.
struct CurveStyle {
    RowId run = 0;
    RowId arm = 0;
    QString armLabel;
    QString shortLabel; ///< without the method where the colour says it: "length 5, label"
    int slot = 1;
    QColor colour;
    bool hidden = false;
};

struct CurveView {
    MetricName metric;
    bool wallTime = false;
    bool logY = false;
    bool raw = true;      ///< the unsmoothed values, thin, behind
    bool bands = false;   ///< mean and 95 % t-interval over seeds, for evaluations; else a mean only when arms are many
    double smoothing = 0; ///< weight of the moving average
    double scale = 1;     ///< 100 for per cent
    std::int64_t firstStep = 0; ///< where the first value is to be expected; 0 = nobody knows
    /// Replay: only points that were known at this time (seconds of each run), or step.
    double untilWall = std::numeric_limits<double>::infinity();
};

class CurvePlot : public QWidget {
    Q_OBJECT
public:
    explicit CurvePlot(const RunCurves& curves, QWidget* parent = nullptr);

    /// Graphs of runs that are shown already are kept.
    void setStyles(std::vector<CurveStyle> styles);
    void setView(const CurveView& view);
    const CurveView& view() const { return m_view; }
    void setHeading(const QString& title, const QString& unit);
    /// 0 = none. Drawn above all others, which are dimmed.
    void setRaisedArm(RowId arm);
    /// Draws soon; calls until then are one.
    void refresh();
    /// Draws now, whatever is visible. For tests and benchmarks.
    void redraw();
    bool upToDate() const { return !m_timer.isActive(); }
    void fit(); ///< all points in view, now and as they come
    void setFollow(bool follow);
    void setCursor(double x); ///< NaN = none
    QSize minimumSizeHint() const override { return {260, 160}; }

Q_SIGNALS:
    void cursorMoved(double x); ///< NaN when the mouse leaves
    void armClicked(diapason::RowId arm);
    void followChanged(bool follow); ///< ends when the user pans or zooms

protected:
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* object, QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    static constexpr int shortestInterval = 40; ///< ms between drawings: 25 a second

    struct Drawn {
        QCPGraph *raw = nullptr, *line = nullptr, *rest = nullptr; ///< rest: what a replay has not reached
        CachedCurve cache;
    };
    struct ArmDrawn {
        QCPGraph *low = nullptr, *high = nullptr, *mean = nullptr;
        CachedMean cache;
        bool shown = false;
        std::size_t first = 0; ///< a run of the arm, for its style
    };

    void connectMouse();
    void buildItems();
    void applyColours();
    QCPGraph* newGraph();
    void keepGraphs(std::vector<CurveStyle> styles);
    CacheKey cacheKey() const;
    void updateCaches();
    void drawRun(std::size_t index);
    void drawArm(RowId arm, ArmDrawn& drawn);
    void drawBad();
    void drawLabels();
    void applyRange();
    QStringList headingNotes() const;
    void updateTexts();
    void moved();
    bool crowded() const { return m_crowded; }

    const RunCurves& m_curves;
    QCustomPlot* m_plot;
    CurveLayers m_layers;
    QLabel* m_title;
    QLabel* m_note;
    QCPItemLine* m_cursor;
    QCPItemText* m_hint; ///< in a plot without points
    EndLabels* m_labels;
    QCPGraph* m_bad; ///< non-finite values
    CurveView m_view;
    QString m_heading;
    std::vector<CurveStyle> m_styles;
    std::vector<Drawn> m_drawn; ///< parallel to m_styles
    std::map<RowId, ArmDrawn> m_arms;
    QTimer m_timer;
    RowId m_raised = 0;
    double m_cursorX = std::numeric_limits<double>::quiet_NaN();
    bool m_follow = true, m_crowded = false;
};

} // namespace diapason::ui
