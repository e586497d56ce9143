// One metric of many runs over steps or time. The same widget draws live runs and replays.
#pragma once

#include "ui/plots/run_curves.h"

#include <QColor>
#include <QLabel>
#include <QTimer>
#include <QWidget>
#include <qcustomplot.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace diapason::ui {

/// A run as the plot draws it.
struct CurveStyle {
    RowId run = 0;
    RowId arm = 0;
    QString armLabel;
    QString shortLabel; ///< without the method where the colour says it: "… length 5, init label"
    int slot = 1;
    QColor colour;
    bool hidden = false;
};

struct CurveView {
    std::string metric;
    bool wallTime = false;
    bool logY = false;
    bool raw = true;      ///< the unsmoothed values, thin, behind
    bool bands = false;   ///< mean and 95 % t-interval over seeds, for evaluations
    double smoothing = 0; ///< weight of the moving average
    double scale = 1;     ///< 100 for per cent
    /// Replay: only points that were known at this time (seconds of each run), or step.
    double untilWall = std::numeric_limits<double>::infinity();
};

class CurvePlot : public QWidget {
    Q_OBJECT
public:
    explicit CurvePlot(const RunCurves& curves, QWidget* parent = nullptr);

    void setStyles(std::vector<CurveStyle> styles);
    void setView(const CurveView& view);
    const CurveView& view() const { return m_view; }
    void setHeading(const QString& title, const QString& unit);
    /// 0 = none. Drawn stronger, the others keep their colour.
    void setRaisedArm(RowId arm);
    /// Draws soon; calls within 50 ms are one.
    void refresh();
    bool upToDate() const { return !m_timer.isActive(); }
    void fit();
    void setFollow(bool follow);
    void setCursor(double x); ///< NaN = none
    bool savePng(const QString& file) const;
    bool savePdf(const QString& file) const;
    QSize minimumSizeHint() const override { return {260, 160}; }

Q_SIGNALS:
    void cursorMoved(double x); ///< NaN when the mouse leaves
    void armClicked(diapason::RowId arm);
    void viewMoved(); ///< the user has panned or zoomed: following ends

protected:
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* object, QEvent* event) override;

private:
    struct Drawn {
        QCPGraph* raw = nullptr;
        QCPGraph* line = nullptr;
    };

    void applyColours();
    void redraw();
    void drawRun(std::size_t index, std::size_t& drawn, std::size_t& points);
    void drawBands();
    void drawLabels();
    void applyRange();
    std::size_t visibleArms() const;
    double xOf(const Curve& curve, std::size_t i) const;

    const RunCurves& m_curves;
    QCustomPlot* m_plot;
    QLabel* m_title;
    QLabel* m_note;
    QCPItemLine* m_cursor;
    CurveView m_view;
    QString m_heading, m_unit;
    std::vector<CurveStyle> m_styles;
    std::vector<Drawn> m_drawn;
    std::vector<QCPGraph*> m_bandGraphs;
    std::vector<QCPAbstractItem*> m_labels;
    QTimer m_timer;
    RowId m_raised = 0;
    bool m_follow = true;
};

} // namespace diapason::ui
